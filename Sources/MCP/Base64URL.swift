/// Base64 with `-` and `_` and without padding (RFC 4648 section 5), for whole groups of three
/// bytes.
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// Four characters for every three bytes; a rest of one or two bytes is left out.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    stride(from: 0, to: bytes.count - 2, by: 3).flatMap { start in
      let group =
        UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
      return [18, 12, 6, 0].map { alphabet[Int(group >> UInt32($0) & 0x3F)] }
    }
  }

  /// Three bytes for every four characters; nil if a character is foreign or a group is cut.
  static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 4) {
      var group: UInt32 = 0
      for character in text[start..<start + 4] {
        guard let digit = alphabet.firstIndex(of: character) else { return nil }
        group = group << 6 | UInt32(digit)
      }
      bytes += [16, 8, 0].map { UInt8(truncatingIfNeeded: group >> UInt32($0)) }
    }
    return bytes
  }
}
