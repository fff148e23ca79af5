/// What a tool answers. A string literal is a result with that text.
public struct ToolResult: Sendable, ExpressibleByStringInterpolation {
  /// What the model reads.
  public var content: [Content]
  /// The same as data, for tools that declare an output schema; an object.
  public var structured: StructuredValue?
  /// Whether the call failed in a way that the model should read about.
  public var isError: Bool

  public init(_ content: [Content], structured: StructuredValue? = nil, isError: Bool = false) {
    self.content = content
    self.structured = structured
    self.isError = isError
  }

  public init(stringLiteral value: String) { self.init([.text(value)]) }

  /// One text.
  public static func text(_ text: String) -> ToolResult { ToolResult([.text(text)]) }

  /// Data, and a text for clients that do not read data.
  public static func structured(_ value: StructuredValue, text: String) -> ToolResult {
    ToolResult([.text(text)], structured: value)
  }

  /// A failure the model may react to.
  public static func failure(_ text: String) -> ToolResult {
    ToolResult([.text(text)], isError: true)
  }
}

/// One piece of a result or of a prompt message.
public enum Content: Hashable, Sendable {
  case text(String)
  /// A picture; `data` is base64.
  case image(data: String, mimeType: String)
  /// A resource that the client may read.
  case link(uri: String, name: String)
}

/// Thrown by a handler to answer with a failure in its own words.
public struct ToolFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
