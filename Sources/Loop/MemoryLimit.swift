import Glibc

/// How much memory this process may have before the system ends it or refuses more.
package enum MemoryLimit {
  /// The smallest of the limits of its control groups (both versions, with those above it) and of
  /// RLIMIT_DATA, in bytes; nil where there is none. Reads a few small files.
  package static var current: UInt64? {
    var data = rlimit()
    let own = getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &data) == 0
    let limit = own && data.rlim_cur < unlimited ? UInt64(data.rlim_cur) : nil
    return [limit, ofGroups(listed: ProcessFile.read("/proc/self/cgroup") ?? [])]
      .compactMap(\.self).min()
  }

  /// What stands for no limit: RLIM_INFINITY, and the page-rounded form of version 1.
  private static let unlimited: UInt64 = 1 << 60

  /// - Parameters:
  ///   - listed: the contents of `/proc/self/cgroup`.
  ///   - root: where the control groups are mounted.
  static func ofGroups(listed: [UInt8], root: String = "/sys/fs/cgroup") -> UInt64? {
    var limits: [UInt64] = []
    for line in listed.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(
        separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: UInt8(ascii: ","))
      let path = String(decoding: parts[2], as: UTF8.self)
      if parts[1].isEmpty {
        limits += limitsOnTheWay(root, path, "memory.max")
        limits += limitsOnTheWay(root + "/unified", path, "memory.max")
      } else if controllers.contains(where: { $0.elementsEqual("memory".utf8) }) {
        limits += limitsOnTheWay(root + "/memory", path, "memory.limit_in_bytes")
      }
    }
    return limits.min()
  }

  /// The limit of a group holds for all below it.
  private static func limitsOnTheWay(_ root: String, _ path: String, _ file: String) -> [UInt64] {
    var folder = root
    var limits: [UInt64] = []
    for name in [""] + path.split(separator: "/").filter({ $0 != ".." }).map(String.init) {
      folder += name.isEmpty ? "" : "/" + name
      guard let text = ProcessFile.read(folder + "/" + file) else { continue }
      let digits = text.prefix { (0x30...0x39).contains($0) }
      if let limit = UInt64(String(decoding: digits, as: UTF8.self)), limit < unlimited {
        limits.append(limit)
      }
    }
    return limits
  }
}
