import Files
import Glibc
package import Loop

/// Where a running gateway can be told things: a unix socket in the state folder.
///
/// The name carries the process's number and start, so that no gateway takes over the name of
/// another, be it one that has died or one that runs in a container beside this one.
package struct ControlAddress: Hashable, Sendable {
  package var pid: Int32
  package var path: String

  package init(of process: ProcessIdentity, in state: String) {
    pid = process.pid
    path = state + "/gateway-\(process.pid)-\(process.startTime).socket"
  }

  private init?(name: String, in state: String) {
    let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].elementsEqual("gateway".utf8), name.hasSuffix(".socket"),
      let pid = Int32(String(decoding: parts[1], as: UTF8.self))
    else { return nil }
    self.pid = pid
    path = state + "/" + name
  }

  /// Every socket of a gateway in the folder, by number; nobody may listen at it any more.
  package static func all(in state: String) -> [ControlAddress] {
    let found = FolderTree.names(in: state).compactMap { ControlAddress(name: $0, in: state) }
    return found.sorted { ($0.pid, $0.path) < ($1.pid, $1.path) }
  }
}
