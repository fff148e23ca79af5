/// A text of a server's description, with the references in it understood.
package struct FoundText: Hashable, Sendable {
  package enum Part: Hashable, Sendable {
    case literal(String)
    /// A variable of the environment; `fallback` where it is not set or empty.
    case variable(String, fallback: String?)
    /// What a person is asked: the key of a `Question`.
    case answer(String)
    /// A reference that only the program whose list it is can follow.
    case foreign(String)
  }

  package private(set) var parts: [Part] = []

  /// A text without references.
  package init(_ literal: String) { append(.literal(literal)) }

  /// Reads references that begin with `opening` and end with `}`.
  ///
  /// - Parameter meaning: what stands for the text between; nil leaves it as it is written.
  package init(
    reading text: String, opening: String = "${", _ meaning: (_ inner: String) -> Part?
  ) {
    var rest = Array(text.utf8)[...]
    let mark = Array(opening.utf8)
    var literal: [UInt8] = []
    while !rest.isEmpty {
      guard rest.starts(with: mark),
        let end = rest.dropFirst(mark.count).firstIndex(of: UInt8(ascii: "}")),
        let part = meaning(String(decoding: rest[..<end].dropFirst(mark.count), as: UTF8.self))
      else {
        literal.append(rest.removeFirst())
        continue
      }
      append(.literal(String(decoding: literal, as: UTF8.self)))
      literal = []
      append(part)
      rest = rest[(end + 1)...]
    }
    append(.literal(String(decoding: literal, as: UTF8.self)))
  }

  /// Puts `part` behind the rest.
  package mutating func append(_ part: Part) {
    guard case .literal(let text) = part else { return parts.append(part) }
    if text.isEmpty { return }
    if case .literal(let before)? = parts.last {
      parts[parts.count - 1] = .literal(before + text)
    } else {
      parts.append(part)
    }
  }

  package static func + (left: FoundText, right: FoundText) -> FoundText {
    var result = left
    for part in right.parts { result.append(part) }
    return result
  }

  /// The text if it has no references, else nil.
  package var literal: String? {
    guard let first = parts.first else { return "" }
    if case .literal(let text) = first, parts.count == 1 { return text }
    return nil
  }

  /// The key of the answer that is the whole text, if it is one.
  package var onlyAnswer: String? {
    if case .answer(let key)? = parts.first, parts.count == 1 { return key }
    return nil
  }

  /// The text without `prefix`, where it begins with that in whatever case; else nil.
  package func dropping(prefix: String) -> FoundText? {
    guard case .literal(let text)? = parts.first else { return nil }
    let start = Array(text.utf8.prefix(prefix.utf8.count))
    let isSame = String(decoding: start, as: UTF8.self).lowercased() == prefix.lowercased()
    guard isSame else { return nil }
    var result = FoundText(
      String(decoding: Array(text.utf8.dropFirst(start.count)), as: UTF8.self))
    for part in parts.dropFirst() { result.append(part) }
    return result
  }
}

extension FoundText: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self.init(value) }
}

extension FoundText {
  /// A text of a client's configuration: `${NAME}`, `${NAME:-TEXT}`, `${env:NAME}`,
  /// `${userHome}`, and `${input:ID}` of VS Code for the inputs that it describes.
  package static func ofClient(_ text: String, inputs: Set<String> = []) -> FoundText {
    FoundText(reading: text) { inner in
      if inner == "userHome" { return .variable("HOME", fallback: nil) }
      if inner.utf8.starts(with: "input:".utf8) {
        let id = String(inner.dropFirst(6))
        return inputs.contains(id) ? .answer(id) : .foreign(inner)
      }
      // Folders of an editor; the gateway has none.
      if inner.utf8.starts(with: "workspaceFolder".utf8) { return .foreign(inner) }
      return variable(inner) ?? .foreign(inner)
    }
  }

  private static func variable(_ inner: String) -> Part? {
    let bytes = Array(inner.utf8)
    let text = bytes.starts(with: "env:".utf8) ? bytes[4...] : bytes[...]
    let name = text.prefix { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return nil
    }
    let rest = text[name.endIndex...]
    guard rest.isEmpty || rest.starts(with: ":-".utf8) else { return nil }
    let fallback = rest.isEmpty ? nil : String(decoding: rest.dropFirst(2), as: UTF8.self)
    return .variable(String(decoding: name, as: UTF8.self), fallback: fallback)
  }
}
