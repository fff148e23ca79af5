import HTTP

/// The field `Link` (RFC 8288), of which only the next page matters.
package enum LinkHeader {
  /// The query of the link with `rel="next"`; nil if there is none.
  static func nextQuery(in head: HTTPResponseHead) -> String? {
    for field in head.headers where field.name.utf8.count == 4 {
      guard field.name.utf8.elementsEqual("link".utf8, by: { $0 | 0x20 == $1 }) else { continue }
      if let query = nextQuery(of: field.value) { return query }
    }
    return nil
  }

  /// As above, of one field's value; commas within `<>` and quotes separate nothing.
  package static func nextQuery(of value: String) -> String? {
    var rest = value.utf8[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "<")),
      let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
    {
      var end = close
      var isQuoted = false
      while end < rest.endIndex, isQuoted || rest[end] != UInt8(ascii: ",") {
        if rest[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
        end = rest.index(after: end)
      }
      if isNext(rest[close..<end]) { return query(of: rest[open..<close].dropFirst()) }
      rest = rest[end...]
    }
    return nil
  }

  private static func isNext(_ parameters: Substring.UTF8View) -> Bool {
    let text = Array(parameters.map { $0 | 0x20 })
    return ["rel=\"next\"", "rel=next"].contains { word in
      text.indices.contains { text[$0...].starts(with: word.utf8) }
    }
  }

  /// What stands after the question mark, if it can be sent as it is.
  private static func query(of target: Substring.UTF8View) -> String? {
    guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return nil }
    let query = target[mark...].dropFirst().prefix { $0 != UInt8(ascii: "#") }
    guard query.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return String(Substring(query))
  }
}
