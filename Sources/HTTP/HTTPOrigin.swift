import Loop

/// Where requests go: fixed when a manifest is read, never changed by a call (row S09).
package struct HTTPOrigin: Hashable, Sendable {
  package enum Scheme: String, Hashable, Sendable { case http, https }

  package var scheme: Scheme
  /// A name or an address, ASCII, in lower case, IPv6 without brackets.
  package var host: String
  package var port: Int
  /// The path of a unix socket to connect to instead; `host` is then only what the server is told.
  package var socketPath: String?
  /// A PEM file with certificates to trust besides those of the system.
  package var caFile: String?
  /// Whether the host may be a loopback, private, link-local or otherwise special address. The
  /// parser sets it for a host that is such an address literally, or `localhost`.
  package var allowsPrivateAddresses: Bool
  /// Nil connects directly.
  package var proxy: HTTPProxy?

  package init(
    scheme: Scheme, host: String, port: Int, socketPath: String? = nil, caFile: String? = nil,
    allowsPrivateAddresses: Bool = false, proxy: HTTPProxy? = nil
  ) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.socketPath = socketPath
    self.caFile = caFile
    self.allowsPrivateAddresses = allowsPrivateAddresses
    self.proxy = proxy
  }

  /// Reads the URL of a manifest: `https://host[:port][/base]`, `http://...`, or
  /// `unix:/path/of/socket[:/base]`. No credentials, query or fragment.
  ///
  /// - environment: where proxies are named; empty for none.
  /// - Returns: the origin and the base path, which is empty or begins with `/` and does not end
  ///   with one.
  package static func parse(
    _ url: String, caFile: String? = nil, environment: [String: String] = [:]
  ) throws(HTTPOriginError) -> (origin: HTTPOrigin, base: String) {
    if url.utf8.starts(with: "unix:".utf8) { return try parseSocket(url) }
    guard let parts = URLParts(url) else { throw HTTPOriginError(.malformed) }
    guard let scheme = Scheme(rawValue: parts.scheme) else { throw HTTPOriginError(.scheme) }
    guard !parts.hasCredentials else { throw HTTPOriginError(.credentials) }
    let port = parts.port ?? (scheme == .https ? 443 : 80)
    let literal = IPAddress(parts.host)
    let origin = HTTPOrigin(
      scheme: scheme, host: parts.host, port: port, caFile: caFile,
      allowsPrivateAddresses: literal?.isSpecial ?? isLocalhost(parts.host),
      proxy: try HTTPProxy(
        environment: environment, scheme: scheme, host: parts.host, port: port))
    return (origin, try base(parts.target))
  }

  /// `host`, with brackets and the port where they are needed.
  var authority: String {
    let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
  }

  private static func parseSocket(
    _ url: String
  ) throws(HTTPOriginError) -> (origin: HTTPOrigin, base: String) {
    let text = Array(url.utf8.dropFirst("unix:".utf8.count))
    let colon = text.firstIndex(of: UInt8(ascii: ":"))
    let path = text[..<(colon ?? text.count)]
    // sun_path of sockaddr_un, with its NUL.
    guard path.first == UInt8(ascii: "/"), path.count < 108, !path.contains(0) else {
      throw HTTPOriginError(.socketPath)
    }
    let origin = HTTPOrigin(
      scheme: .http, host: "localhost", port: 80,
      socketPath: String(decoding: path, as: UTF8.self), allowsPrivateAddresses: true)
    let rest = colon.map { String(decoding: text[($0 + 1)...], as: UTF8.self) } ?? ""
    return (origin, try base(rest))
  }

  private static func base(_ target: String) throws(HTTPOriginError) -> String {
    var bytes = Array(target.utf8)
    while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    if bytes.isEmpty { return "" }
    let base = String(decoding: bytes, as: UTF8.self)
    guard !bytes.contains(UInt8(ascii: "?")), RequestRules.accepts(target: base) else {
      throw HTTPOriginError(.base)
    }
    return base
  }

  private static func isLocalhost(_ host: String) -> Bool {
    host.utf8.elementsEqual("localhost".utf8)
      || host.utf8.count > 10
        && host.utf8.suffix(10).elementsEqual(".localhost".utf8)
  }
}

/// Why a URL is none that requests can go to.
package struct HTTPOriginError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    case malformed, scheme, credentials, socketPath, base, proxy
  }

  package var reason: Reason

  init(_ reason: Reason) { self.reason = reason }
}

extension HTTPOriginError: CustomStringConvertible {
  /// Never holds the URL: it may hold a secret.
  package var description: String {
    switch reason {
    case .malformed: "is not a URL with a scheme and a host in ASCII"
    case .scheme: "begins with neither http://, https:// nor unix:"
    case .credentials: "holds a user or a password; those belong into 'auth'"
    case .socketPath: "names no absolute path of a socket, of at most 107 bytes"
    case .base: "has a query, a fragment or a path with '.', '..' or bytes to be encoded"
    case .proxy: "has a proxy in the environment that is no http:// or https:// URL"
    }
  }
}
