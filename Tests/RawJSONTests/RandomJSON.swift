import RawJSON
import TestSupport

/// JSON texts of every shape, with the freedom in them that re-encoding would lose.
enum RandomJSON {
  static func text(using random: inout SplitMix) -> [UInt8] {
    Array(value(depth: 0, using: &random).utf8)
  }

  /// The ranges of all scalars of a text.
  static func leaves(_ range: ByteRange, of text: [UInt8], into leaves: inout [ByteRange]) {
    switch text[range.start] {
    case UInt8(ascii: "{"):
      var inner: [ByteRange] = []
      JSON.forEachMember(of: range, in: text.span.bytes) { _, value in inner.append(value) }
      for value in inner { self.leaves(value, of: text, into: &leaves) }
    case UInt8(ascii: "["):
      var inner: [ByteRange] = []
      JSON.forEachElement(of: range, in: text.span.bytes) { inner.append($0) }
      for value in inner { self.leaves(value, of: text, into: &leaves) }
    default: leaves.append(range)
    }
  }

  private static func value(depth: Int, using random: inout SplitMix) -> String {
    let kind = Int.random(in: 0..<(depth < 5 ? 7 : 5), using: &random)
    switch kind {
    case 0: return pick(["null", "true", "false"], &random)
    case 1, 2: return pick(["0", "-0", "1.0", "1e2", "-12.50E-3", "98765432109876543210"], &random)
    case 3, 4: return string(&random)
    case 5:
      return list("[", "]", &random) { value(depth: depth + 1, using: &$0) }
    default:
      return list("{", "}", &random) {
        string(&$0) + space(&$0) + ":" + space(&$0) + value(depth: depth + 1, using: &$0)
      }
    }
  }

  private static func list(
    _ open: String, _ close: String, _ random: inout SplitMix,
    _ item: (inout SplitMix) -> String
  ) -> String {
    let items = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
      space(&random) + item(&random) + space(&random)
    }
    return open + items.joined(separator: ",") + close
  }

  private static func string(_ random: inout SplitMix) -> String {
    let pieces = [
      "a", "plain text of some length", "é", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
      "\\ud800",
      "\u{2028}", "\\u0000", "K", "\u{212A}",
    ]
    let text = (0..<Int.random(in: 0..<6, using: &random)).map { _ in pick(pieces, &random) }
    return "\"" + text.joined() + "\""
  }

  private static func space(_ random: inout SplitMix) -> String {
    pick(["", "", "", " ", "\t", "  "], &random)
  }

  private static func pick(_ choices: [String], _ random: inout SplitMix) -> String {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
