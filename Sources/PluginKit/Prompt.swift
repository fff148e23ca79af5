/// A text template that a person picks in the client.
public struct Prompt: Sendable {
  public let name: String
  public let description: String
  let arguments: [PromptArgument]
  let messages: @Sendable (CallContext, [String: String]) async throws -> [PromptMessage]

  /// Declares a prompt; `handler` gets every required argument and those others that were given.
  public init(
    _ name: String, _ description: String, _ arguments: PromptArgument...,
    handler: @escaping @Sendable (CallContext, [String: String]) async throws -> [PromptMessage]
  ) {
    self.name = name
    self.description = description
    self.arguments = arguments
    messages = handler
  }
}

/// An argument of a prompt; prompts take strings only.
public struct PromptArgument: Hashable, Sendable {
  public var name: String
  public var description: String
  public var isRequired: Bool

  public init(_ name: String, _ description: String, isRequired: Bool = true) {
    self.name = name
    self.description = description
    self.isRequired = isRequired
  }
}

/// One message of a prompt.
public struct PromptMessage: Hashable, Sendable {
  public enum Role: String, Sendable { case user, assistant }

  public var role: Role
  public var content: Content

  public init(_ role: Role, _ content: Content) {
    self.role = role
    self.content = content
  }

  /// A text said by the person.
  public static func user(_ text: String) -> PromptMessage { PromptMessage(.user, .text(text)) }
}
