import Backend
import MCP
import RawJSON

/// The answers to list requests, built once per catalogue, kind and era.
///
/// A cursor is opaque to the client and names a catalogue and a position; one of
/// an earlier catalogue, or a forged one, is refused (row C31).
struct ListPages {
  private var pageSize: Int
  /// Another one in every process: no client can make a cursor up.
  private let cursorKey = Cursor.Key(.random(in: 0 ... .max), .random(in: 0 ... .max))
  /// Grows with every catalogue, so that a cursor of an old one is recognised.
  private var generation: UInt64 = 0
  private var legacyPages = ByKind<[[UInt8]]>()
  private var modernPages = ByKind<[[UInt8]]>()

  init(pageSize: Int) { self.pageSize = pageSize }

  /// Pages of another size; cursors of the old ones are refused.
  mutating func change(pageSize: Int) {
    guard pageSize != self.pageSize else { return }
    self.pageSize = pageSize
    reset()
  }

  /// Forgets everything: the catalogue is another.
  mutating func reset() {
    generation += 1
    (legacyPages, modernPages) = (ByKind(), ByKind())
  }

  /// The members of one page's result without its braces and without what an era adds.
  mutating func page(
    _ kind: Offer.Kind, cursor: [UInt8]?, era: Era, of catalogue: Catalogue
  ) -> [UInt8]? {
    let built = era == .legacy ? legacyPages[kind] : modernPages[kind]
    let all = built ?? build(kind, era: era, entries: catalogue.entries(kind))
    if built == nil {
      if era == .legacy { legacyPages[kind] = all } else { modernPages[kind] = all }
    }
    guard let cursor else { return all.first }
    guard let position = Cursor.decode(cursor, key: cursorKey), position.generation == generation,
      position.list == kind.cursorName, position.page > 0, position.page < all.count
    else { return nil }
    return all[position.page]
  }

  private func build(_ kind: Offer.Kind, era: Era, entries: [Catalogue.Entry]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var start = 0
    repeat {
      let end = min(start + pageSize, entries.count)
      var page: [UInt8] = [UInt8(ascii: "\"")]
      page += "\(kind.member)".utf8
      page += "\":[".utf8
      for (index, entry) in entries[start..<end].enumerated() {
        if index > 0 { page.append(UInt8(ascii: ",")) }
        page += era == .legacy ? entry.legacyJSON ?? entry.json : entry.json
      }
      page.append(UInt8(ascii: "]"))
      if end < entries.count {
        let next = Cursor(generation: generation, list: kind.cursorName, page: result.count + 1)
        page += ",\"nextCursor\":".utf8
        JSON.appendQuoted(next.encoded(key: cursorKey), to: &page)
      }
      result.append(page)
      start = end
    } while start < entries.count
    return result
  }
}

extension Offer.Kind {
  /// The list's number inside a cursor.
  var cursorName: UInt8 {
    switch self {
    case .tools: 0
    case .prompts: 1
    case .resources: 2
    case .templates: 3
    }
  }
}
