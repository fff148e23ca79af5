import RawJSON

/// Text of a peer, made safe to show: bounded, and with every byte that a
/// terminal or a reader could take for something else written as `\xNN`.
///
/// What is kept says `Unicode.Scalar.isHarmless`.
package enum Printable {
  /// The first `limit` bytes of `bytes` as one printable line; `…` marks a cut.
  package static func text(_ bytes: some Collection<UInt8>, limit: Int = 200) -> String {
    var output = ""
    for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
      if scalar.isHarmless {
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
}
