/// The log: one JSON object a line on standard error.
///
/// An event is a static name plus fields (`{"ts":..,"level":"warning",
/// "event":"backend.exited","service":"git"}`), so that lines can be grouped and
/// no peer can forge one: every value is JSON-escaped (reliability rows S14,
/// S22). Values of arguments and results are never logged.
///
/// Writing never blocks the loop: a line that does not fit into the pipe right
/// now is dropped and counted (row R07). The cost of a suppressed level is one
/// comparison.
import Glibc
import RawJSON
import Synchronization

/// How much an event matters; the order is that of RFC 5424, reversed.
package enum LogLevel: Int, Comparable, Sendable, CaseIterable {
  case trace, debug, info, warning, error

  package static func < (left: LogLevel, right: LogLevel) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The name in the log and in `gateway.yaml`.
  package var name: StaticString {
    switch self {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// Writes events at or above a level to a descriptor.
package struct Log: Sendable {
  /// The most bytes of one line: what a pipe takes atomically (`PIPE_BUF`).
  package static let longestLine = 4096

  /// The least level that is written, for all copies of one log.
  private final class Threshold: Sendable {
    let level: Atomic<Int>
    init(_ level: LogLevel) { self.level = Atomic(level.rawValue) }
  }

  private let threshold: Threshold
  private let descriptor: Int32

  package init(level: LogLevel, descriptor: Int32 = 2) {
    threshold = Threshold(level)
    self.descriptor = descriptor
  }

  /// From now on, in every copy of this log.
  package func change(level: LogLevel) { threshold.level.store(level.rawValue, ordering: .relaxed) }

  /// Lines that did not fit into the descriptor since the process started.
  package static var dropped: Int { droppedLines.load(ordering: .relaxed) }

  /// Whether an event of this level would be written.
  package func records(_ level: LogLevel) -> Bool {
    level.rawValue >= threshold.level.load(ordering: .relaxed)
  }

  /// Writes one event. `fields` must hold no value of an argument, result or secret.
  package func callAsFunction(
    _ level: LogLevel, _ event: StaticString,
    _ fields: @autoclosure () -> KeyValuePairs<StaticString, String> = [:]
  ) {
    guard records(level) else { return }
    var line = Log.line(level, event, fields())
    line.append(UInt8(ascii: "\n"))
    write(line)
  }

  /// The line without its newline; separate from writing so that it can be tested.
  package static func line(
    _ level: LogLevel, _ event: StaticString, _ fields: KeyValuePairs<StaticString, String>
  ) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(256)
    output.append(contentsOf: #"{"ts":""#.utf8)
    output.append(contentsOf: timestamp().utf8)
    output.append(contentsOf: #"","level":"#.utf8)
    JSON.appendQuoted(utf8(of: level.name), to: &output)
    output.append(contentsOf: #","event":"#.utf8)
    JSON.appendQuoted(utf8(of: event), to: &output)
    for (key, value) in fields {
      var field: [UInt8] = [UInt8(ascii: ",")]
      JSON.appendQuoted(utf8(of: key), to: &field)
      field.append(UInt8(ascii: ":"))
      JSON.appendQuoted(value.utf8.prefix(longestValue), to: &field)
      // A field that would make the line longer than a pipe takes at once is left out whole.
      if output.count + field.count > longestLine - 2 { continue }
      output.append(contentsOf: field)
    }
    output.append(UInt8(ascii: "}"))
    return output
  }

  private static let longestValue = 1024
  private static let droppedLines = Atomic<Int>(0)

  private static func utf8(of text: StaticString) -> [UInt8] {
    text.withUTF8Buffer { Array($0) }
  }

  /// UTC, milliseconds, RFC 3339.
  package static func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    var seconds = now.tv_sec
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let date = "\(Int(parts.tm_year) + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):"
    return date + padded(Int(parts.tm_mday), 2) + "T" + time + padded(Int(parts.tm_sec), 2)
      + "." + padded(now.tv_nsec / 1_000_000, 3) + "Z"
  }

  private func write(_ line: [UInt8]) {
    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLOUT) != 0 else {
      Log.droppedLines.wrappingAdd(1, ordering: .relaxed)
      return
    }
    let written = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written != line.count { Log.droppedLines.wrappingAdd(1, ordering: .relaxed) }
  }
}
