import TestSupport

/// Writes random JSON with comments; the same seed writes the same text.
struct RandomJSONC: RandomNumberGenerator {
  private var random: SplitMix
  /// Keys that are never written, because a test wants to add them.
  static let reserved = "switchyard"

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func next() -> UInt64 { random.next() }

  private mutating func pick(_ choices: [String]) -> String {
    choices.randomElement(using: &self) ?? ""
  }
  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &self) < percent
  }

  /// White space and comments.
  private mutating func trivia() -> String {
    var text = ""
    while chance(45) {
      text += pick([
        " ", "  ", "\n", "\r\n", "\t", "\n    ", "/* c */", "/* \" { , */", "// line\n",
        "// , } \"\r\n",
        "/**/", "/*\n*/", "// é\n",
      ])
    }
    return text
  }

  mutating func value(depth: Int) -> String {
    if depth > 0, chance(50) { return object(depth: depth - 1, extra: nil) }
    if depth > 0, chance(30) {
      var text = "["
      let count = Int.random(in: 0...3, using: &self)
      for index in 0..<count {
        text += trivia() + value(depth: depth - 1) + trivia()
        if index < count - 1 || chance(30) { text += "," }
      }
      return text + trivia() + "]"
    }
    return pick([
      "1", "-0.5e3", "true", "null", "\"\"", "\"a b\"", "\"\\u0041//\"", "\"/* x */\"", "\"é\"",
    ])
  }

  /// An object; `extra` is a member that stands somewhere among the others.
  mutating func object(depth: Int, extra: String?) -> String {
    var members: [String] = []
    for index in 0..<Int.random(in: 0...3, using: &self) {
      members.append("\"k\(index)\"" + trivia() + ":" + trivia() + value(depth: depth))
    }
    if let extra {
      members.insert(extra, at: Int.random(in: 0...members.count, using: &self))
    }
    var text = "{"
    for (index, member) in members.enumerated() {
      text += trivia() + member + trivia()
      if index < members.count - 1 || chance(30) { text += "," }
    }
    return text + trivia() + "}"
  }

  /// A whole file: nothing, an object, or one that has `container`, perhaps empty.
  mutating func file(container: String) -> String {
    if chance(3) { return trivia() }
    let bom = chance(10) ? "\u{FEFF}" : ""
    var extra: String?
    if chance(70) {
      extra = "\"\(container)\"" + trivia() + ":" + trivia() + object(depth: 2, extra: nil)
    }
    return bom + trivia() + object(depth: 2, extra: extra) + trivia()
  }
}
