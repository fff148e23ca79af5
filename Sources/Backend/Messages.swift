package import MCP
package import RawJSON

extension Revision {
  /// The revision named by the JSON string at `range`.
  package init?(_ range: ByteRange, in bytes: RawSpan) {
    guard let name = JSON.string(range, in: bytes) else { return nil }
    self.init(utf8: name)
  }
}

/// The messages that the gateway itself sends to a service.
package enum Messages {
  /// Who we are, to services; also the `serverInfo` of an aggregate to clients.
  package static let implementation =
    #"{"name":"\#(Product.name)","version":"\#(Product.version)"}"#

  /// The modern envelope of our own requests, for which nobody can be asked anything.
  package static let envelope = envelope(capabilities: "{}")

  /// The reserved keys of `_meta` in a request to a modern service.
  ///
  /// - Parameter capabilities: what the client behind the request can be asked, as JSON.
  package static func envelope(capabilities: String) -> String {
    #""io.modelcontextprotocol/protocolVersion":""# + Revision.newest.rawValue + #"","#
      + #""io.modelcontextprotocol/clientCapabilities":"# + capabilities
      + #","io.modelcontextprotocol/clientInfo":"# + implementation
  }

  package static func discover(_ id: UInt64) -> [UInt8] {
    request(id, "server/discover", params: #""_meta":{"# + envelope + "}")
  }

  /// Offers the newest legacy revision; any of the four may come back.
  ///
  /// - Parameter capabilities: what the client can be asked, as JSON.
  package static func initialize(_ id: UInt64, capabilities: [UInt8]) -> [UInt8] {
    request(
      id, "initialize",
      params: #""protocolVersion":""# + Revision.newestLegacy.rawValue
        + #"","capabilities":"# + String(decoding: capabilities, as: UTF8.self)
        + #","clientInfo":"# + implementation)
  }

  package static func ping(_ id: UInt64) -> [UInt8] { request(id, "ping", params: "") }

  package static let initialized = Array(
    #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.utf8)

  package static func cancelled(_ id: UInt64, reason: StaticString) -> [UInt8] {
    Array(
      (#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"#
        + String(id) + #","reason":"\#(reason)"}}"#).utf8)
  }

  /// One page of a list (`tools/list` ...), in the era of the service.
  package static func list(
    _ id: UInt64, _ method: Method, cursor: [UInt8]?, era: Era
  ) -> [UInt8] {
    var params: [String] = []
    if let cursor { params.append(#""cursor":"# + String(decoding: cursor, as: UTF8.self)) }
    if era == .modern { params.append(#""_meta":{"# + envelope + "}") }
    return request(id, "\(method.name)", params: params.joined(separator: ","))
  }

  static func request(_ id: UInt64, _ method: String, params: String) -> [UInt8] {
    Array(
      (#"{"jsonrpc":"2.0","id":"# + String(id) + #","method":""# + method
        + #"","params":{"# + params + "}}").utf8)
  }
}
