import Glibc

/// Executables that lie in the same folder as the running one: `switchyard-gateway`
/// beside `switchyard`, the fake backend beside the tests.
package enum Sibling {
  /// The absolute path; whether something is there, the caller finds out.
  package static func path(of name: String) -> String { folder + "/" + name }

  /// The folder of the running executable.
  package static let folder: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let end = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return String(decoding: bytes[..<end], as: UTF8.self)
  }()
}
