import Backend
import MCP
import RawJSON

/// What a client has declared about itself, as services are told of it.
///
/// Immutable, and made once for as long as the client declares the same: every modern request
/// declares anew.
final class ClientProfile: Sendable {
  let abilities: ClientAbilities
  /// The `extensions` that the client declared, as JSON; empty if there are none.
  let extensions: [UInt8]
  /// The reserved keys of `_meta` for requests that are made to modern services for this client.
  let envelope: [UInt8]

  init(_ abilities: ClientAbilities, extensions: [UInt8] = []) {
    self.abilities = abilities
    self.extensions = extensions
    let capabilities = ClientProfile.json(abilities, extensions, era: .modern)
    envelope = Array(
      Messages.envelope(capabilities: String(decoding: capabilities, as: UTF8.self)).utf8)
  }

  /// Reads the value of `capabilities`, or of `clientCapabilities` in `_meta`.
  convenience init(_ capabilities: ByteRange, in bytes: RawSpan) {
    let extensions = JSON.member("extensions", of: capabilities, in: bytes)
    self.init(
      ClientAbilities(capabilities, in: bytes),
      extensions: JSON.isObject(extensions, in: bytes)
        ? ClientProfile.passedOn(extensions, in: bytes) : [])
  }

  /// A client that can be asked nothing.
  static let none = ClientProfile([])

  /// What a legacy service is told in `initialize`.
  var legacyCapabilities: [UInt8] { ClientProfile.json(abilities, extensions, era: .legacy) }

  /// What this client and another one together can do: what one process is told that is to serve
  /// requests of both.
  func union(_ other: ClientProfile) -> ClientProfile {
    let all = abilities.union(other.abilities)
    if all == abilities, other.extensions.isEmpty || other.extensions == extensions { return self }
    return ClientProfile(all, extensions: other.extensions.isEmpty ? extensions : other.extensions)
  }

  /// Extensions that need the gateway to know them are not passed on: it would relay ids that
  /// mean nothing on the other side.
  static func passedOn(_ extensions: ByteRange, in bytes: RawSpan) -> [UInt8] {
    let kept = JSON.rebuildObject(
      extensions, in: bytes,
      dropping: { JSON.equals($0, "io.modelcontextprotocol/tasks", in: bytes) })
    return kept.count > 2 ? kept : []
  }

  private static func json(
    _ abilities: ClientAbilities, _ extensions: [UInt8], era: Era
  ) -> [UInt8] {
    var text = [UInt8(ascii: "{")] + abilities.members(in: era)
    if !extensions.isEmpty {
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      text += #""extensions":"#.utf8 + extensions
    }
    return text + [UInt8(ascii: "}")]
  }
}
