package import HTTP
import MCP
package import Manifest
import RawJSON

/// Where a remote server is and what every request to it carries; a value.
///
/// The manifest alone decides the origin. What a server may say is the path that messages go to
/// (HTTP+SSE), and that only at the same origin (row H20).
package struct RemoteEndpoint: Sendable {
  package let origin: HTTPOrigin
  /// For people and the log, without path and query.
  package let originText: String
  /// Path and query as the manifest has them.
  let target: String
  /// The manifest's headers and the credential.
  let headers: [HTTPHeader]
  let redactor: Redactor
  /// Whether the manifest has a token.
  package let hasCredential: Bool

  /// - Throws: a proxy in the environment that cannot be used.
  package init(
    _ remote: RemoteService, environment: [String: String]
  ) throws(HTTPOriginError) {
    let address = remote.address
    let scheme: HTTPOrigin.Scheme = address.scheme == .https ? .https : .http
    origin = HTTPOrigin(
      scheme: scheme, host: address.host, port: address.port,
      allowsPrivateAddresses: address.isStatic,
      proxy: try HTTPProxy(
        environment: environment, scheme: scheme, host: address.host, port: address.port))
    originText = address.originText
    target = remote.target
    var headers = remote.headers.map { HTTPHeader($0.name, $0.value.exposed) }
    if let bearer = remote.bearer {
      headers.append(HTTPHeader("Authorization", "Bearer " + bearer.exposed))
    }
    self.headers = headers
    hasCredential = headers.contains { $0.name.lowercased() == "authorization" }
    // What is short is a word, not a secret.
    redactor = Redactor(remote.secrets.map(\.exposed).filter { $0.utf8.count >= 8 })
  }

  /// The target that an `endpoint` event names; nil if it is at another origin or none at all.
  func resolve(_ reference: [UInt8]) -> String? {
    guard !reference.isEmpty, reference.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    var text = String(decoding: reference, as: UTF8.self)
    if text.utf8.starts(with: "//".utf8) { text = origin.scheme.rawValue + ":" + text }
    if text.utf8.first == UInt8(ascii: "/") { return text }
    let bytes = Array(text.utf8)
    let head = bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard head.contains(UInt8(ascii: ":")) else {
      // Relative to the folder of the manifest's path.
      let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
      if bytes.first == UInt8(ascii: "?") { return String(decoding: path, as: UTF8.self) + text }
      let folder = path.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? path[...]
      return String(decoding: folder, as: UTF8.self) + text
    }
    return targetAtOrigin(bytes)
  }

  private func targetAtOrigin(_ url: [UInt8]) -> String? {
    var slashes = 0
    let end = url.firstIndex { byte in
      if byte == UInt8(ascii: "/") { slashes += 1 }
      return slashes == 3 || (slashes == 2 && byte == UInt8(ascii: "?"))
    }
    let start = String(decoding: url[..<(end ?? url.count)], as: UTF8.self)
    guard let named = try? HTTPOrigin.parse(start).origin, named.scheme == origin.scheme,
      named.port == origin.port, named.host.utf8.elementsEqual(origin.host.utf8)
    else { return nil }
    let target = String(decoding: url[(end ?? url.count)...], as: UTF8.self)
    return target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
  }
}

/// Values of the headers that repeat what the body says (2026-07-28, Streamable HTTP).
enum RemoteHeader {
  static let method = "Mcp-Method"
  static let name = "Mcp-Name"
  static let version = "MCP-Protocol-Version"
  static let session = "Mcp-Session-Id"
  static let lastEvent = "Last-Event-ID"

  /// What the headers of a modern message are.
  ///
  /// - Parameters:
  ///   - parameters: what tools want in headers, by their names.
  ///   - asked: becomes the method of the message.
  static func describing(
    _ message: [UInt8], _ parameters: [[UInt8]: ParameterHeaders], _ asked: inout Method?
  ) -> [HTTPHeader] {
    let bytes = message.span.bytes
    guard let envelope = try? Envelope.scan(bytes),
      let name = JSON.string(envelope.methodText, in: bytes)
    else { return [] }
    asked = envelope.method
    var headers = [HTTPHeader(method, encoded(name))]
    var subject = ByteRange.absent
    switch envelope.method {
    case .toolsCall, .promptsGet: subject = envelope.name
    case .resourcesRead: subject = envelope.uri
    case .tasksGet, .tasksUpdate, .tasksCancel:
      subject = JSON.member("taskId", of: envelope.params, in: bytes)
    default: break
    }
    guard let text = JSON.string(subject, in: bytes) else { return headers }
    headers.append(HTTPHeader(Self.name, encoded(text)))
    if !parameters.isEmpty, envelope.method == .toolsCall, let wanted = parameters[text] {
      let arguments = JSON.member("arguments", of: envelope.params, in: bytes)
      headers += wanted.headers(of: arguments, in: bytes)
    }
    return headers
  }

  /// Text as a header's value: as it is, or in the form that the specification gives for what a
  /// header cannot carry.
  static func encoded(_ text: [UInt8]) -> String {
    let marker = Array("=?base64?".utf8)
    let isPlain =
      !text.isEmpty && text.allSatisfy { (0x20...0x7E).contains($0) } && text.first != 0x20
      && text.last != 0x20 && !text.starts(with: marker)
    if isPlain { return String(decoding: text, as: UTF8.self) }
    return String(decoding: marker + Redactor.base64(text) + Array("?=".utf8), as: UTF8.self)
  }

  /// Whether a session id may be sent back: visible ASCII, and no longer than any server needs
  /// (row H27).
  static func isSessionID(_ text: String) -> Bool {
    (1...1024).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
