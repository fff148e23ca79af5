package import Loop

/// Which addresses a name from outside must not lead to (row S09): everything that is not the
/// public internet. From IANA's special-purpose registries (RFC 6890) and the forms of IPv6 that
/// carry an IPv4 address inside.
extension IPAddress {
  /// Whether it is loopback, private, link-local (the metadata services of clouds are), shared,
  /// reserved, multicast or unspecified, directly or inside an IPv6 address.
  package var isSpecial: Bool {
    switch family {
    case .v4: Self.v4Ranges.contains { $0.contains(bytes) }
    case .v6: isSpecialV6
    }
  }

  private var isSpecialV6: Bool {
    if Self.v6Ranges.contains(where: { $0.contains(bytes) }) { return true }
    for (range, offset) in Self.carriers where range.contains(bytes) {
      return IPAddress(bytes: Array(bytes[offset..<offset + 4]))?.isSpecial ?? true
    }
    // What is not global unicast is not for use (RFC 4291 section 4).
    return !Self.globalUnicast.contains(bytes)
  }

  private struct Range: Sendable {
    var start: [UInt8]
    var bits: Int

    init(_ start: [UInt8], _ bits: Int) {
      self.start = start
      self.bits = bits
    }

    func contains(_ address: [UInt8]) -> Bool {
      guard address.count == start.count else { return false }
      let whole = bits / 8
      guard address.prefix(whole) == start.prefix(whole) else { return false }
      let rest = bits % 8
      guard rest > 0 else { return true }
      return address[whole] >> (8 - rest) == start[whole] >> (8 - rest)
    }
  }

  private static let v4Ranges: [Range] = [
    Range([0, 0, 0, 0], 8), Range([10, 0, 0, 0], 8), Range([100, 64, 0, 0], 10),
    Range([127, 0, 0, 0], 8), Range([169, 254, 0, 0], 16), Range([172, 16, 0, 0], 12),
    Range([192, 0, 0, 0], 24), Range([192, 0, 2, 0], 24), Range([192, 88, 99, 0], 24),
    Range([192, 168, 0, 0], 16), Range([198, 18, 0, 0], 15), Range([198, 51, 100, 0], 24),
    Range([203, 0, 113, 0], 24), Range([224, 0, 0, 0], 4), Range([240, 0, 0, 0], 4),
  ]

  private static func v6(_ groups: [UInt16], _ bits: Int) -> Range {
    let all = groups + [UInt16](repeating: 0, count: 8 - groups.count)
    return Range(all.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }, bits)
  }

  /// Parts of the global unicast range that are special, and those outside it by name.
  private static let v6Ranges: [Range] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128), v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    v6([0x64, 0xff9b, 1], 48), v6([0x100], 64), v6([0x2001], 23), v6([0x2001, 0xdb8], 32),
    v6([0x3fff], 20), v6([0xfc00], 7), v6([0xfe80], 10), v6([0xfec0], 10), v6([0xff00], 8),
  ]

  /// Ranges that carry an IPv4 address, and where in it: mapped, translated, compatible, NAT64,
  /// 6to4.
  private static let carriers: [(Range, Int)] = [
    (v6([0, 0, 0, 0, 0, 0xffff], 96), 12), (v6([0, 0, 0, 0, 0xffff], 96), 12),
    (v6([], 96), 12), (v6([0x64, 0xff9b], 96), 12), (v6([0x2002], 16), 2),
  ]

  private static let globalUnicast = v6([0x2000], 3)
}
