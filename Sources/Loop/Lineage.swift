import CSpawn
import Glibc

/// The marker by which a process is known as a descendant of a gateway, whatever
/// it did to its parent, group or session.
///
/// Every child gets `SWITCHYARD_LINEAGE=GATEWAY.CHILD` in its environment,
/// appended to the value we have ourselves when our own parent is a gateway,
/// so that the outer one recognises everything below the inner one. A process that erases
/// its environment is not found by it; its process group is.
package enum Lineage {
  static let variable = "SWITCHYARD_LINEAGE"

  /// This process among all gateways: 128 random bits in hexadecimal.
  package static let gateway: String = {
    var bytes = [UInt8](repeating: 0, count: 16)
    // Never fails for 16 bytes once the kernel has started.
    _ = cspawn_random(&bytes, bytes.count)
    let digits = Array("0123456789abcdef".utf8)
    var text = Array("sw".utf8)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }()

  private static let inherited: String? = getenv(variable).map { String(cString: $0) }

  static func environmentEntry(child number: UInt64) -> String {
    let own = "\(gateway).\(number)"
    return variable + "=" + (inherited.map { $0 + ":" + own } ?? own)
  }

  /// The number of our child that a process with this environment descends
  /// from; nil when it descends from none.
  static func child(inEnvironment environment: [UInt8]) -> UInt64? {
    let prefix = Array((gateway + ".").utf8)
    for entry in environment.split(separator: 0) {
      guard entry.starts(with: variable.utf8) else { continue }
      for link in entry.dropFirst(variable.utf8.count + 1).split(separator: UInt8(ascii: ":")) {
        guard link.starts(with: prefix) else { continue }
        return UInt64(String(decoding: link.dropFirst(prefix.count), as: UTF8.self))
      }
    }
    return nil
  }
}
