/// Whether a URI could have been made from a template (RFC 6570, levels 1 to 3).
///
/// Only the literal parts count: they must occur in order, the first at the
/// start, the last at the end. An expression stands for any bytes. No
/// backtracking, so no template can be slow (CVE-2026-0621 was one that could).
struct URITemplate: Hashable {
  /// What stands between the expressions; two templates with the same make the same URIs.
  private(set) var literals: [[UInt8]] = []

  /// How much of a URI the template says.
  var literalCount: Int { literals.reduce(0) { $0 + $1.count } }

  init(_ text: [UInt8]) {
    var literal: [UInt8] = []
    var isExpression = false
    for byte in text {
      switch byte {
      case UInt8(ascii: "{") where !isExpression:
        literals.append(literal)
        literal = []
        isExpression = true
      case UInt8(ascii: "}") where isExpression: isExpression = false
      default: if !isExpression { literal.append(byte) }
      }
    }
    literals.append(literal)
  }

  func matches(_ uri: [UInt8]) -> Bool {
    guard let first = literals.first, let last = literals.last else { return false }
    if literals.count == 1 { return uri == first }
    guard uri.count >= first.count + last.count, uri.starts(with: first),
      uri.suffix(last.count).elementsEqual(last)
    else { return false }
    var rest = uri[first.count..<(uri.count - last.count)]
    for literal in literals.dropFirst().dropLast() where !literal.isEmpty {
      guard let found = URITemplate.firstIndex(of: literal, in: rest) else { return false }
      rest = rest[(found + literal.count)...]
    }
    return true
  }

  private static func firstIndex(of needle: [UInt8], in hay: ArraySlice<UInt8>) -> Int? {
    guard hay.count >= needle.count else { return nil }
    for start in hay.startIndex...(hay.endIndex - needle.count)
    where hay[start..<(start + needle.count)].elementsEqual(needle) {
      return start
    }
    return nil
  }
}
