import Digest
import RawJSON
import YAML

/// The lines of a lock file, from what pip reports that it would install.
///
/// One `name==version` a line, sorted, in the format of requirements files, each with the SHA-256 of
/// its file. pip wants digests of all or of none: where one is not known, none is written.
package struct LockLines {
  package let text: [UInt8]
  package let count: Int

  /// Nil if it is no report of pip (its format 1).
  package init?(report: [UInt8]) {
    guard let list = (try? JSONValue(parsing: report))?["install"]?.arrayValue, !list.isEmpty
    else { return nil }
    var lines: [(pin: String, digest: String?)] = []
    for item in list {
      guard let name = item.at(pointer: "/metadata/name")?.stringValue,
        let version = item.at(pointer: "/metadata/version")?.stringValue
      else { return nil }
      let digest =
        item.at(pointer: "/download_info/archive_info/hashes/sha256")?.stringValue
        ?? Self.digest(of: item.at(pointer: "/download_info/url")?.stringValue ?? "")
      lines.append(("\(name)==\(version)", digest))
    }
    lines.sort { $0.pin.utf8.lexicographicallyPrecedes($1.pin.utf8) }
    let hasDigests = lines.allSatisfy { $0.digest != nil }
    let written = lines.map { line in
      line.pin + (hasDigests ? " --hash=sha256:\(line.digest ?? "")" : "") + "\n"
    }
    text = Array(written.joined().utf8)
    count = lines.count
  }

  /// Of a file on this machine, which older versions of pip do not tell.
  private static func digest(of address: String) -> String? {
    let prefix = "file://"
    guard address.hasPrefix(prefix) else { return nil }
    return (try? RegularFile.read(decoded(address.dropFirst(prefix.count)), limit: 256 << 20))
      .map { SHA256.hex($0) }
  }

  private static func decoded(_ path: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = path.utf8
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
