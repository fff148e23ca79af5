/// Something a client can read by its URI.
public struct Resource: Sendable {
  public let uri: String
  public let name: String
  public let description: String
  public let mimeType: String
  let read: @Sendable (CallContext) async throws -> ResourceContents

  /// Declares a resource; `handler` runs at each reading.
  public init(
    _ uri: String, name: String, _ description: String, mimeType: String = "text/plain",
    handler: @escaping @Sendable (CallContext) async throws -> ResourceContents
  ) {
    self.uri = uri
    self.name = name
    self.description = description
    self.mimeType = mimeType
    read = handler
  }
}

/// What a resource holds.
public enum ResourceContents: Hashable, Sendable, ExpressibleByStringInterpolation {
  case text(String)
  /// Bytes, as base64.
  case blob(base64: String)

  public init(stringLiteral value: String) { self = .text(value) }
}
