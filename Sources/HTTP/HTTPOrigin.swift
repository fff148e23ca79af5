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
}
