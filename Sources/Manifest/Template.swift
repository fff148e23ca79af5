/// Text in which `${env:NAME}`, `${env:NAME:-default}` and `${secret:NAME}` stand for values.
///
/// `$${` is a literal `${`; any other `$` is itself. Nothing nests, and what a
/// value contains is never read again.
struct Template: Hashable, Sendable {
  enum Part: Hashable, Sendable {
    case literal(String)
    /// `fallback` is used when the variable is not set or empty, as in a shell.
    case variable(String, fallback: String?)
    case secret(String)
  }

  /// What is wrong with the text; the message never quotes more than the reference.
  struct Malformed: Error, Hashable { var message: String }

  private(set) var parts: [Part] = []

  /// Whether any value enters the text.
  var hasReferences: Bool { parts.contains { if case .literal = $0 { false } else { true } } }

  /// Whether the text begins with a reference, so that its value decides how it begins.
  var beginsWithReference: Bool {
    if case .literal = parts.first { false } else { !parts.isEmpty }
  }

  init(_ text: String) throws(Malformed) {
    // Most texts of a configuration.
    guard text.utf8.contains(UInt8(ascii: "$")) else {
      if !text.isEmpty { parts = [.literal(text)] }
      return
    }
    var rest = Substring(text).utf8
    var literal: [UInt8] = []
    while let byte = rest.first {
      if rest.starts(with: "$${".utf8) {
        literal += Array("${".utf8)
        rest = rest.dropFirst(3)
      } else if rest.starts(with: "${".utf8) {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
          throw Malformed(message: "has '${' without '}'; write '$${' for a literal '${'")
        }
        if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
        parts.append(try Self.reference(String(decoding: rest[..<end].dropFirst(2), as: UTF8.self)))
        rest = rest[rest.index(after: end)...]
      } else {
        literal.append(byte)
        rest = rest.dropFirst()
      }
    }
    if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
  }

  private static func reference(_ text: String) throws(Malformed) -> Part {
    if text.utf8.starts(with: "env:".utf8) {
      let rest = Array(text.utf8.dropFirst(4))
      let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.count
      let name = String(decoding: rest[..<end], as: UTF8.self)
      if TextRule.variable.problem(with: name) == nil {
        if end == rest.count { return .variable(name, fallback: nil) }
        if rest[end...].starts(with: ":-".utf8) {
          return .variable(name, fallback: String(decoding: rest[(end + 2)...], as: UTF8.self))
        }
      }
    } else if text.utf8.starts(with: "secret:".utf8) {
      let name = String(decoding: text.utf8.dropFirst(7), as: UTF8.self)
      if TextRule.service.problem(with: name) == nil { return .secret(name) }
    }
    throw Malformed(
      message: "has a reference that is none of ${env:NAME}, ${env:NAME:-default} and "
        + "${secret:NAME}; write '$${' for a literal '${'")
  }
}
