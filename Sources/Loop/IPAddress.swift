import Glibc

/// An address of IPv4 or IPv6, as a value.
package struct IPAddress: Hashable, Sendable {
  package enum Family: Hashable, Sendable { case v4, v6 }

  package let family: Family
  /// 4 or 16 bytes in network order.
  package let bytes: [UInt8]

  package init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: family = .v4
    case 16: family = .v6
    default: return nil
    }
    self.bytes = bytes
  }

  /// Four decimal numbers with dots, or the forms of RFC 4291 section 2.2; nothing else is an
  /// address here (no hexadecimal, octal or shortened IPv4, no zone).
  package init?(_ text: String) {
    var memory = [UInt8](repeating: 0, count: 16)
    let isV6 = text.utf8.contains(UInt8(ascii: ":"))
    guard !text.utf8.contains(0), inet_pton(isV6 ? AF_INET6 : AF_INET, text, &memory) == 1 else {
      return nil
    }
    self.init(bytes: isV6 ? memory : Array(memory.prefix(4)))
  }

  /// The address in a socket address of its family; nil for others.
  package init?(socketAddress: UnsafeRawPointer, length: Int) {
    guard length >= MemoryLayout<sockaddr>.size else { return nil }
    let family = Int32(socketAddress.loadUnaligned(as: sa_family_t.self))
    // Family and port take four bytes; IPv6 has the flow in four more before the address.
    let (offset, count) = family == AF_INET ? (4, 4) : (8, 16)
    guard family == AF_INET || family == AF_INET6, length >= offset + count else { return nil }
    let memory = UnsafeRawBufferPointer(start: socketAddress + offset, count: count)
    self.init(bytes: Array(memory))
  }
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    var text = [CChar](repeating: 0, count: 64)
    let result = inet_ntop(
      family == .v4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return result.map { String(cString: $0) } ?? ""
  }
}
