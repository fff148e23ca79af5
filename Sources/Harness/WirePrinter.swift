import RawJSON

/// Lines that show people what went over the wire.
///
/// Everything that a peer wrote is bounded and made harmless first: control
/// characters, escape sequences and what reorders or hides text (row S14).
package struct WirePrinter: Sendable {
  /// Bytes of a message that are shown.
  package var limit: Int
  package var colored: Bool

  package init(limit: Int = 400, colored: Bool = false) {
    self.limit = limit
    self.colored = colored
  }

  /// `--> {...}` or `<-- {...}`, without a newline.
  package func line(_ direction: WireDirection, _ bytes: [UInt8]) -> String {
    let text = Self.visible(bytes, limit: limit)
    guard colored else { return direction.rawValue + " " + text }
    let color = direction == .toServer ? "36" : "32"
    return "\u{1B}[\(color)m\(direction.rawValue)\u{1B}[0m " + text
  }

  /// The bytes as text that a terminal shows as it is, cut after `limit` bytes.
  package static func visible(_ bytes: [UInt8], limit: Int) -> String {
    var shown = bytes.prefix(limit)
    // Not in the middle of a character.
    while bytes.count > limit, let last = shown.last, last & 0xC0 == 0x80 { shown.removeLast() }
    if bytes.count > limit, let last = shown.last, last >= 0xC0 { shown.removeLast() }
    var result = ""
    for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
      if scalar.isHarmless {
        result.unicodeScalars.append(scalar)
      } else {
        let digits = String(scalar.value, radix: 16)
        result += "\\u{" + digits + "}"
      }
    }
    let left = bytes.count - shown.count
    return left > 0 ? result + "... (\(left) more bytes)" : result
  }
}
