/// A remote MCP server, reached over HTTP.
package struct RemoteService: Sendable {
  /// Where it is; no argument of a call changes it.
  package var address = REST.Address()
  /// The path as it was written, a last `/` included, and the query.
  package var target = "/"
  /// Sent with every request, in the order of the file.
  package var headers: [REST.Header] = []
  /// `auth.bearer`: sent as `Authorization: Bearer`; kept from messages and logs.
  package var bearer: Secret?
  package var protocolChoice = RemoteProtocol.auto

  package init() {}

  /// The whole address: what a login is for.
  package var url: String { address.originText + target }

  /// What must never appear in any text.
  package var secrets: [Secret] { (bearer.map { [$0] } ?? []) + headers.map(\.value) }
}

/// What is spoken with a remote server.
package enum RemoteProtocol: String, CaseIterable, Sendable {
  /// Asked once per URL and remembered.
  case auto
  /// Streamable HTTP with `initialize` (2025-03-26 to 2025-11-25).
  case legacy
  /// One POST a message, without a session.
  case modern = "2026-07-28"
  /// HTTP with server-sent events (2024-11-05).
  case sse
}

extension ServiceManifest {
  /// Whether calls of both eras may find a connection of their own.
  package var leavesEraOpen: Bool {
    if let remote { remote.protocolChoice == .auto } else { process.protocolChoice == .auto }
  }
}

extension REST.Address {
  /// `https://host:port`, as RFC 6454 writes an origin; the port only where it is not the usual.
  package var originText: String {
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    let usual = scheme == .https ? 443 : 80
    return "\(scheme.rawValue)://\(name)" + (port == usual ? "" : ":\(port)")
  }
}
