import Glibc
import Manifest
import RawJSON
import Store

/// What gateways that have ended noted of services.
extension Examination {
  /// Seconds after which what was noted says nothing about today.
  private static let memory: Int64 = 7 * 86_400

  /// Tells of services that failed and were neither well nor changed since; of those that a
  /// gateway has at hand, it tells itself.
  mutating func examineHistory() {
    let now = Int64(time(nil))
    for entry in state.illnesses where now - entry.at < Self.memory {
      guard let manifest = configuration.ready.first(where: { $0.name == entry.service }),
        !state.switchedOff.contains(entry.service), !isAtHand(entry.service),
        Self.lastChange(of: manifest.file) <= entry.at
      else { continue }
      find(
        .serviceWasDown, entry.service,
        "\(entry.word) (\(entry.detail)) since \(StatusSnapshot.time(entry.at))")
    }
  }

  private func isAtHand(_ service: String) -> Bool {
    live.values.contains { report in
      report["services"]?.arrayValue?.contains {
        $0["name"]?.stringValue == service && $0["state"]?.stringValue != "asleep"
      } ?? false
    }
  }

  /// Seconds since 1970; the file may have been mended since.
  private static func lastChange(of file: String) -> Int64 {
    var status = stat()
    return stat(file, &status) == 0 ? Int64(status.st_mtim.tv_sec) : .max
  }
}
