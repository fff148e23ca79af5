/// The span of a client's request, as W3C Trace Context writes it in `traceparent`:
/// `00-TRACE-SPAN-FLAGS`, in lower-case hexadecimal digits.
package struct TraceParent: Hashable, Sendable {
  package var trace: (high: UInt64, low: UInt64)
  package var span: UInt64
  /// Whether the client records its own span; where it does not, nobody looks for ours.
  package var isSampled: Bool

  /// Nil where it is no `traceparent`, which is then to be ignored (section 3.2 of the
  /// recommendation). Later versions may have more behind the flags.
  package init?(_ text: [UInt8]) {
    guard text.count >= 55, text[2] == dash, text[35] == dash, text[52] == dash,
      let version = Self.number(text[0..<2]), version != 0xFF,
      version == 0 ? text.count == 55 : text.count == 55 || text[55] == dash,
      let high = Self.number(text[3..<19]), let low = Self.number(text[19..<35]),
      let span = Self.number(text[36..<52]), let flags = Self.number(text[53..<55]),
      high | low != 0, span != 0
    else { return nil }
    trace = (high, low)
    self.span = span
    isSampled = flags & 1 == 1
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      number = number << 4 | UInt64(value)
    }
    return number
  }

  package static func == (left: TraceParent, right: TraceParent) -> Bool {
    left.trace == right.trace && left.span == right.span && left.isSampled == right.isSampled
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(trace.high)
    hasher.combine(trace.low)
    hasher.combine(span)
  }
}

private let dash = UInt8(ascii: "-")
