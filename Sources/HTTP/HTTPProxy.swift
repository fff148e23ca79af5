/// A proxy as the environment names it.
///
/// What a proxy connects to cannot be checked from here; that the environment names one is the
/// decision of whoever starts the gateway.
package struct HTTPProxy: Hashable, Sendable {
  /// An `http://` or `https://` URL. It may hold credentials, so nothing shows it.
  let url: String
  package let host: String
  package let port: Int

  /// The proxy for an origin: `http_proxy` or `HTTPS_PROXY` by its scheme, in lower case first,
  /// then `ALL_PROXY`; nil where there is none, where `NO_PROXY` names the host, or for a unix
  /// socket. `HTTP_PROXY` in upper case counts only outside CGI, where a client could set it.
  package init?(
    environment: [String: String], scheme: HTTPOrigin.Scheme, host: String, port: Int
  ) throws(HTTPOriginError) {
    func value(_ name: String) -> String? {
      for name in [name, name.uppercased()] {
        if name == "HTTP_PROXY", environment["REQUEST_METHOD"] != nil { continue }
        if let value = environment[name], !value.isEmpty { return value }
      }
      return nil
    }
    if let exceptions = value("no_proxy"), Self.names(host, port, in: exceptions) { return nil }
    guard let text = value(scheme.rawValue + "_proxy") ?? value("all_proxy") else { return nil }
    let url = text.utf8.firstRange(of: "://") == nil ? "http://" + text : text
    guard let parts = URLParts(url), parts.target == "" || parts.target == "/",
      let proxyScheme = HTTPOrigin.Scheme(rawValue: parts.scheme)
    else { throw HTTPOriginError(.proxy) }
    self.url = url
    self.host = parts.host
    self.port = parts.port ?? (proxyScheme == .https ? 443 : 1080)
  }

  /// `*`, or a list of hosts and domains, each with or without a leading dot and a port;
  /// addresses only as they are written.
  static func names(_ host: String, _ port: Int, in list: String) -> Bool {
    let host = host.utf8.map(lowercase)
    for entry in list.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == 0x20 }) {
      var name = entry.map(lowercase)
      if name == [UInt8(ascii: "*")] { return true }
      name = withoutPort(name, port) ?? name
      if name.first == UInt8(ascii: ".") { name.removeFirst() }
      guard !name.isEmpty else { continue }
      if host == name { return true }
      let isDomain = host.count > name.count && host.suffix(name.count).elementsEqual(name)
      if isDomain && host[host.count - name.count - 1] == UInt8(ascii: ".")
        && host.contains(where: { $0 > UInt8(ascii: "9") })
      {
        return true
      }
    }
    return false
  }

  /// `name:port` without the port if that is the one; brackets of IPv6 removed.
  private static func withoutPort(_ name: [UInt8], _ port: Int) -> [UInt8]? {
    let suffix = Array(":\(port)".utf8)
    var name = name
    if name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
      && name.filter({ $0 == UInt8(ascii: ":") }).count == 1
      || name.last != UInt8(ascii: "]")
        && name.first == UInt8(ascii: "[") && name.suffix(suffix.count).elementsEqual(suffix)
    {
      name.removeLast(suffix.count)
    }
    if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") {
      name = Array(name.dropFirst().dropLast())
    }
    return name
  }
}

extension String.UTF8View {
  /// Where `text` begins, in bytes from the start.
  func firstRange(of text: String) -> Int? {
    let (bytes, wanted) = (Array(self), Array(text.utf8))
    guard bytes.count >= wanted.count else { return nil }
    return (0...(bytes.count - wanted.count)).first {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }
}
