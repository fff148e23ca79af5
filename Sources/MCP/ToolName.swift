/// The rule for names of tools and prompts on offer: 1 to 64 bytes of `[A-Za-z0-9_-]`.
///
/// Models and clients refuse other names (protocol: 1 to 128 characters with `.`; model
/// interfaces: 64 without).
package enum ToolName {
  package static let maximumLength = 64

  /// Whether a name follows the rule.
  package static func isLegal(_ name: some Collection<UInt8>) -> Bool {
    (1...maximumLength).contains(name.count) && name.allSatisfy(isLegal)
  }

  /// `name` under `prefix`, made legal; the same arguments always give the same name.
  ///
  /// The prefix is left out where the name has it already. A byte that is not allowed becomes
  /// `_`. A name that is too long is cut and ends in `_` and eight hexadecimal digits of a hash of
  /// the whole, so that two long names stay two.
  package static func qualified(prefix: [UInt8], name: [UInt8]) -> [UInt8] {
    let isPrefixed = name.count > prefix.count && name.starts(with: prefix)
    var whole = isPrefixed ? name : prefix + name
    guard !whole.isEmpty else { return [UInt8(ascii: "_")] }
    let digits = whole.count > maximumLength ? hexadecimal(fingerprint(of: whole)) : []
    for place in whole.indices where !isLegal(whole[place]) { whole[place] = UInt8(ascii: "_") }
    guard whole.count > maximumLength else { return whole }
    return whole.prefix(maximumLength - 1 - digits.count) + [UInt8(ascii: "_")] + digits
  }

  package static func qualified(prefix: String, name: String) -> String {
    String(decoding: qualified(prefix: Array(prefix.utf8), name: Array(name.utf8)), as: UTF8.self)
  }

  private static func isLegal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// FNV-1a folded to 32 bits. Names are told apart, not protected: a collision between two names
  /// of the operator's own services is reported like any other.
  private static func fingerprint(of bytes: [UInt8]) -> UInt32 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }

  private static func hexadecimal(_ number: UInt32) -> [UInt8] {
    stride(from: 28, through: 0, by: -4).map { shift in
      let digit = UInt8(truncatingIfNeeded: number >> UInt32(shift)) & 0xF
      return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
  }
}
