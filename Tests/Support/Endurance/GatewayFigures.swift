import Glibc
import RawJSON

/// What the gateway itself says happened, from its metrics and its log: the second ledger.
package struct GatewayFigures: Sendable {
  /// Attempts by their outcome, over all services.
  package var attempts: [String: Int] = [:]
  /// Attempts that were followed by another, by their outcome.
  package var repeated: [String: Int] = [:]
  /// Those of them after which the call waited for a while.
  package var pauses = 0
  /// Lines of the log that nobody read in time.
  package var lostLines = 0
  /// Services whose breaker is open.
  package var openBreakers = 0
  package var clientRequests = 0
  package var waiting = 0
  package var inFlight = 0

  package init() {}

  /// Whether nobody waits for anything.
  var isAtRest: Bool { clientRequests == 0 && waiting == 0 && inFlight == 0 }

  /// Reads the text that Prometheus gets.
  package mutating func read(metrics text: String) {
    for line in text.split(separator: "\n") where !line.utf8.starts(with: "#".utf8) {
      guard let space = line.lastIndex(of: " "),
        let value = Double(line[line.index(after: space)...]).map({ Int($0) })
      else { continue }
      let name = line.prefix { $0 != "{" && $0 != " " }
      switch name {
      case "switchyard_calls_total":
        attempts[Self.label("outcome", in: line), default: 0] += value
      case "switchyard_log_dropped_total": lostLines += value
      case "switchyard_breaker_closed": openBreakers += value == 0 ? 1 : 0
      case "switchyard_client_requests": clientRequests += value
      case "switchyard_waiting_calls": waiting += value
      case "switchyard_in_flight_calls": inFlight += value
      default: break
      }
    }
  }

  private static func label(_ name: String, in line: Substring) -> String {
    guard let start = line.firstRange(of: name + "=\"") else { return "" }
    return String(line[start.upperBound...].prefix { $0 != "\"" })
  }

  /// Reads the log of a whole run.
  package mutating func read(log: [UInt8]) {
    Self.forEachLine(of: log, with: #""call.retried""#) { line in
      guard let entry = try? JSONValue(parsing: line) else { return }
      repeated[entry["why"]?.stringValue ?? "", default: 0] += 1
      if entry["pause_ms"]?.stringValue != "0" { pauses += 1 }
    }
  }

  /// The lines that have a text in them; found by the C library, since logs are long.
  static func forEachLine(of text: [UInt8], with word: String, _ body: ([UInt8]) -> Void) {
    var start = 0
    while let end = text[start...].firstNewline(in: text) {
      defer { start = end + 1 }
      let line = Array(text[start..<end])
      if line.contains(word) { body(line) }
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func firstNewline(in whole: [UInt8]) -> Int? {
    whole.withUnsafeBytes { bytes in
      guard startIndex < bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + startIndex, 10, bytes.count - startIndex)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}

extension [UInt8] {
  /// Whether a text stands in these bytes; they hold no zero.
  func contains(_ word: String) -> Bool { place(of: word) != nil }

  func place(of word: String) -> Int? {
    (self + [0]).withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        guard let base = text.baseAddress, let found = strstr(base, word) else { return nil }
        return UnsafePointer(found) - base
      }
    }
  }
}
