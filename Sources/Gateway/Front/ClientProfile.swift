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
  /// Whether calls may be answered with tasks of the extension.
  let hasTasks: Bool
  /// The reserved keys of `_meta` for requests that are made to modern services for this client.
  let envelope: [UInt8]

  init(_ abilities: ClientAbilities, extensions: [UInt8] = []) {
    self.abilities = abilities
    self.extensions = extensions
    let whole = ByteRange(start: 0, end: extensions.count)
    hasTasks = !JSON.member(
      "io.modelcontextprotocol/tasks", of: whole, in: extensions.span.bytes
    ).isAbsent
    let capabilities = ClientProfile.json(abilities, extensions, era: .modern)
    envelope = Array(
      Messages.envelope(capabilities: String(decoding: capabilities, as: UTF8.self)).utf8)
  }

  /// Reads the value of `capabilities`, or of `clientCapabilities` in `_meta`.
  convenience init(_ capabilities: ByteRange, in bytes: RawSpan, era: Era) {
    let extensions = JSON.member("extensions", of: capabilities, in: bytes)
    self.init(
      ClientAbilities(capabilities, in: bytes),
      extensions: JSON.isObject(extensions, in: bytes)
        ? ClientProfile.passedOn(extensions, in: bytes, keepsTasks: era == .modern) : [])
  }

  /// A client that can be asked nothing.
  static let none = ClientProfile(ClientAbilities(rawValue: 0))

  /// The same client, as if it knew no tasks of the extension.
  var withoutTasks: ClientProfile {
    let text = extensions
    let whole = ByteRange(start: 0, end: text.count)
    return ClientProfile(
      abilities,
      extensions: ClientProfile.passedOn(whole, in: text.span.bytes, keepsTasks: false))
  }

  /// The same client, as if it knew tasks of the extension.
  var withTasks: ClientProfile {
    if hasTasks { return self }
    let text = extensions.isEmpty ? Array("{}".utf8) : extensions
    return ClientProfile(
      abilities,
      extensions: ClientProfile.passedOn(
        ByteRange(start: 0, end: text.count), in: text.span.bytes, keepsTasks: false,
        adding: Array(#""io.modelcontextprotocol/tasks":{}"#.utf8)))
  }

  /// What a legacy service is told in `initialize`.
  var legacyCapabilities: [UInt8] { ClientProfile.json(abilities, extensions, era: .legacy) }

  /// What this client and another one together can do: what one process is told that is to serve
  /// requests of both.
  func union(_ other: ClientProfile) -> ClientProfile {
    let all = abilities.union(other.abilities)
    if all == abilities, other.extensions.isEmpty || other.extensions == extensions { return self }
    return ClientProfile(all, extensions: other.extensions.isEmpty ? extensions : other.extensions)
  }

  /// The extensions that hold for the other side too. Tasks of the extension exist between modern
  /// peers only.
  static func passedOn(
    _ extensions: ByteRange, in bytes: RawSpan, keepsTasks: Bool, adding: [UInt8] = []
  ) -> [UInt8] {
    let kept = JSON.rebuildObject(
      extensions, in: bytes,
      dropping: { !keepsTasks && JSON.equals($0, "io.modelcontextprotocol/tasks", in: bytes) },
      adding: adding)
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
