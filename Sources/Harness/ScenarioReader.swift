package import RawJSON
package import YAML

/// Reads nodes of a scenario and keeps every complaint, so that all are told at once.
struct ScenarioReader {
  let file: String
  private(set) var complaints: [ScenarioError.Complaint] = []

  init(file: String) { self.file = file }

  mutating func complain(_ message: String, at position: Position) {
    complaints.append(ScenarioError.Complaint(file: file, position: position, message: message))
  }

  /// The pairs of a mapping whose keys are all known; unknown ones are complained about.
  mutating func pairs(_ node: Node, of what: String, allowed: [String]) -> [Node.Pair] {
    guard let pairs = node.pairs else {
      complain("\(what) is \(node.kindName), not a mapping", at: node.position)
      return []
    }
    return pairs.filter { pair in
      if allowed.contains(where: { $0.utf8.elementsEqual(pair.key.utf8) }) { return true }
      let nearest = NearestKey.to(pair.key, among: allowed)
      let advice =
        nearest.map { "; did you mean '\($0)'?" } ?? "; known: " + allowed.joined(separator: ", ")
      complain("unknown key \(quoted(pair.key)) in \(what)\(advice)", at: pair.keyPosition)
      return false
    }
  }

  mutating func text(_ node: Node, _ what: String) -> String? {
    if let scalar = node.scalar, !scalar.isNull { return scalar.text }
    complain("\(what) is \(node.kindName), not text", at: node.position)
    return nil
  }

  mutating func texts(_ node: Node, _ what: String) -> [String] {
    guard let items = node.items else {
      complain("\(what) is \(node.kindName), not a list", at: node.position)
      return []
    }
    return items.compactMap { text($0, "an item of \(what)") }
  }

  /// `250ms`, `5s`, `2m`.
  mutating func duration(_ node: Node, _ what: String) -> Duration? {
    guard let text = text(node, what) else { return nil }
    if let duration = Duration(scenario: text) { return duration }
    complain("\(what) is \(quoted(text)), not a time such as 250ms, 5s or 2m", at: node.position)
    return nil
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ node: Node, _ what: String, _ type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    guard let text = text(node, what) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let known = Choice.allCases.map(\.rawValue)
    let advice =
      NearestKey.to(text, among: known).map { "; did you mean '\($0)'?" }
      ?? "; known: " + known.joined(separator: ", ")
    complain("\(what) is \(quoted(text))\(advice)", at: node.position)
    return nil
  }
}

extension Duration {
  /// `250ms`, `5s`, `2m`: a whole number and its unit, at most a day.
  package init?(scenario text: String) {
    let digits = text.utf8.prefix { (48...57).contains($0) }
    guard let number = Int64(String(decoding: digits, as: UTF8.self)), number <= 86_400_000 else {
      return nil
    }
    switch String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self) {
    case "ms": self = .milliseconds(number)
    case "s" where number <= 86_400: self = .seconds(number)
    case "m" where number <= 1_440: self = .seconds(number * 60)
    default: return nil
    }
  }
}

extension JSONValue {
  /// The JSON that a YAML node stands for: quoted scalars are strings, plain ones
  /// are what they would be in JSON, and strings where they would be nothing.
  package init(_ node: Node) {
    switch node.content {
    case .sequence(let items): self = .array(items.map { JSONValue($0) })
    case .mapping(let pairs): self = .object(pairs: pairs.map { ($0.key, JSONValue($0.value)) })
    case .scalar(let scalar):
      guard scalar.style == .plain else {
        self = .string(scalar.text)
        return
      }
      if scalar.isNull {
        self = .null
      } else if let value = try? JSONValue(parsing: Array(scalar.text.utf8)), value.isPlainScalar {
        self = value
      } else {
        self = .string(scalar.text)
      }
    }
  }

  private var isPlainScalar: Bool {
    switch self {
    case .number, .bool: true
    default: false
    }
  }
}
