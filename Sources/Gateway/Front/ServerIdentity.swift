import Backend
import MCP
import RawJSON

/// Who the client believes to be talking to: the gateway, or the one service behind it.
final class ServerIdentity: Sendable {
  /// An `Implementation`, as JSON.
  let info: [UInt8]
  /// The member of `_meta` that names it.
  let metaMember: [UInt8]
  /// The whole `_meta` of a modern result.
  let meta: [UInt8]
  /// The service's own words about itself pass through unchanged.
  let isService: Bool

  private init(_ info: [UInt8], isService: Bool) {
    self.info = info
    self.isService = isService
    metaMember = Array("\"\(MetaKey.serverInfo)\":".utf8) + info
    meta = Array(#""_meta":{"#.utf8) + metaMember + [UInt8(ascii: "}")]
  }

  static let gateway = ServerIdentity(Array(Messages.implementation.utf8), isService: false)

  /// The identity of the only service, if it has said who it is; else the gateway's.
  static func of(_ offer: Offer?) -> ServerIdentity {
    guard let info = offer?.introduction.serverInfo, !info.isEmpty else { return .gateway }
    return ServerIdentity(info, isService: true)
  }
}
