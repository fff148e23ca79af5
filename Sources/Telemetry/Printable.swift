/// Text of a peer, made safe to show: bounded, and with every byte that a
/// terminal or a reader could take for something else written as `\xNN`.
///
/// Kept are printable ASCII and well-formed UTF-8 outside the control,
/// bidirectional, zero-width and tag ranges (reliability rows S01 and S14).
package enum Printable {
  /// The first `limit` bytes of `bytes` as one printable line; `…` marks a cut.
  package static func text(_ bytes: some Collection<UInt8>, limit: Int = 200) -> String {
    var output = ""
    for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
      if isHarmless(scalar) {
        output.unicodeScalars.append(scalar)
      } else {
        for byte in String(scalar).utf8 { output += "\\x" + hex(byte) }
      }
    }
    return bytes.count > limit ? output + "…" : output
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return byte < 16 ? "0" + digits : digits
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E: true
    case 0...0x9F, 0xAD, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: false
    case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE01EF: false
    default: true
    }
  }
}
