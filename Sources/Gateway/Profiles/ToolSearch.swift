import RawJSON

/// Finds tools by words in their names, titles and descriptions.
///
/// A word counts most in the name, less in the title, least in the description, and more as a whole
/// than as the beginning of another. No language is assumed: words are runs of letters and digits,
/// of which the ASCII letters lose their case.
struct ToolSearch {
  /// Tools that one answer has at most.
  static let most = 50
  static let usual = 10
  /// Words of a query that count; bytes of a description that are searched.
  private static let queryWords = 16
  private static let describedBytes = 4_096

  /// One tool as it is searched.
  struct Tool {
    let entry: Catalogue.Entry
    let name: [ArraySlice<UInt8>]
    let title: [ArraySlice<UInt8>]
    let description: [ArraySlice<UInt8>]

    init(_ entry: Catalogue.Entry) {
      self.entry = entry
      let json = entry.json
      let whole = ByteRange(start: 0, end: json.count)
      let bytes = json.span.bytes
      func words(_ key: StaticString) -> [ArraySlice<UInt8>] {
        let text = JSON.string(JSON.member(key, of: whole, in: bytes), in: bytes) ?? []
        return ToolSearch.words(of: Array(text.prefix(ToolSearch.describedBytes)))
      }
      name = ToolSearch.words(of: entry.publicName)
      title = words("title")
      description = words("description")
    }
  }

  private let tools: [Tool]

  /// - Parameter entries: in the order in which those come that match alike.
  init(_ entries: [Catalogue.Entry]) { tools = entries.map { Tool($0) } }

  /// The tools that match best, and how many more match at all.
  func find(_ query: [UInt8], limit: Int) -> (found: [Catalogue.Entry], more: Int) {
    let words = Array(Self.words(of: query).prefix(Self.queryWords))
    var matches: [(score: Int, index: Int)] = []
    for (index, tool) in tools.enumerated() {
      let score = Self.score(tool, words, query)
      if score > 0 { matches.append((score, index)) }
    }
    matches.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    let found = matches.prefix(limit).map { tools[$0.index].entry }
    return (found, matches.count - found.count)
  }

  private static func score(
    _ tool: Tool, _ words: [ArraySlice<UInt8>], _ query: [UInt8]
  ) -> Int {
    var score = tool.entry.publicName == query ? 1_000 : 0
    var matched = 0
    for word in words {
      let points =
        8 * match(word, tool.name) + 4 * match(word, tool.title) + match(word, tool.description)
      if points > 0 { matched += 1 }
      score += points
    }
    // A tool that has all the words before one that has one of them often.
    return matched == words.count && words.count > 1 ? score + 100 : score
  }

  /// 2 for the word itself, 1 for one that begins with it or with which it begins.
  private static func match(_ word: ArraySlice<UInt8>, _ others: [ArraySlice<UInt8>]) -> Int {
    var best = 0
    for other in others {
      if other == word { return 2 }
      // Plurals and the like: `issues` finds `issue`.
      if word.count >= 3, other.count >= 3, other.starts(with: word) || word.starts(with: other) {
        best = 1
      }
    }
    return best
  }

  static func words(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
      .split { byte in
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte >= 0x80
        return !isLetter && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}
