package import RawJSON

/// What a client can be asked to do, as it declares it: in `initialize` for the whole
/// connection, since 2026-07-28 in every request.
package struct ClientAbilities: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `roots/list`.
  package static let roots = ClientAbilities(rawValue: 1 << 0)
  /// `notifications/roots/list_changed`, which the modern era does not have.
  package static let rootsChanges = ClientAbilities(rawValue: 1 << 1)
  /// `sampling/createMessage`.
  package static let sampling = ClientAbilities(rawValue: 1 << 2)
  /// `tools` and `toolChoice` in it.
  package static let samplingTools = ClientAbilities(rawValue: 1 << 3)
  /// `includeContext` in it, other than `none`.
  package static let samplingContext = ClientAbilities(rawValue: 1 << 4)
  /// `elicitation/create` with a form.
  package static let forms = ClientAbilities(rawValue: 1 << 5)
  /// `elicitation/create` with a URL.
  package static let urls = ClientAbilities(rawValue: 1 << 6)

  /// Reads the value of `capabilities`, or of `clientCapabilities` in `_meta`.
  ///
  /// An `elicitation` that names no mode means forms, which is all there was before 2025-11-25.
  package init(_ capabilities: ByteRange, in bytes: RawSpan) {
    self = []
    JSON.forEachMember(of: capabilities, in: bytes) { key, value in
      guard JSON.isObject(value, in: bytes) else { return }
      func has(_ name: StaticString) -> Bool {
        JSON.isObject(JSON.member(name, of: value, in: bytes), in: bytes)
      }
      if JSON.equals(key, "roots", in: bytes) {
        insert(.roots)
        let changes = JSON.copy(JSON.member("listChanged", of: value, in: bytes), in: bytes)
        if changes.elementsEqual("true".utf8) { insert(.rootsChanges) }
      } else if JSON.equals(key, "sampling", in: bytes) {
        insert(.sampling)
        if has("tools") { insert(.samplingTools) }
        if has("context") { insert(.samplingContext) }
      } else if JSON.equals(key, "elicitation", in: bytes) {
        if has("url") { insert(.urls) }
        if has("form") || !has("url") { insert(.forms) }
      }
    }
  }

  /// The members that declare these abilities to a service of an era, without braces.
  package func members(in era: Era) -> [UInt8] {
    if rawValue == 0 { return [] }
    var members: [String] = []
    if contains(.roots) {
      let changes = contains(.rootsChanges) && era == .legacy
      members.append(changes ? #""roots":{"listChanged":true}"# : #""roots":{}"#)
    }
    if contains(.sampling) {
      let parts = [(Self.samplingContext, #""context":{}"#), (.samplingTools, #""tools":{}"#)]
      members.append(#""sampling":{"# + parts.filter { contains($0.0) }.joinedNames + "}")
    }
    if !isDisjoint(with: [.forms, .urls]) {
      let parts = [(Self.forms, #""form":{}"#), (.urls, #""url":{}"#)]
      members.append(#""elicitation":{"# + parts.filter { contains($0.0) }.joinedNames + "}")
    }
    return Array(members.joined(separator: ",").utf8)
  }
}

extension [(ClientAbilities, String)] {
  fileprivate var joinedNames: String { map(\.1).joined(separator: ",") }
}

extension Method {
  /// Requests that may be answered with `input_required` (2026-07-28).
  package var mayAskForInput: Bool {
    switch self {
    case .toolsCall, .promptsGet, .resourcesRead: true
    default: false
    }
  }
}
