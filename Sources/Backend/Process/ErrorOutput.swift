import Loop
import Resilience
import Telemetry

/// How much of a service's stderr is passed on.
package struct ErrorOutputLimits: Sendable {
  /// Bytes of one line; the rest becomes another line.
  package var line: Int
  package var linesPerSecond: Int
  /// Bytes of each of the last lines that an error message quotes.
  package var quoted: Int

  package init(line: Int, linesPerSecond: Int, quoted: Int) {
    self.line = line
    self.linesPerSecond = linesPerSecond
    self.quoted = quoted
  }
}

/// A child's stderr: always read, so that the child never blocks on it; passed
/// on to the log as escaped lines, at a bounded rate, without the secrets of its
/// manifest (rows B19, B20, S13, S14).
@EventLoop
final class ErrorOutput: ByteSink {
  /// How many of the last lines an error message quotes.
  static let quotedLines = 3

  private let limits: ErrorOutputLimits
  private let service: String
  private let redactor: Redactor
  private let log: Log
  private var reader: DescriptorReader?
  private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 8)
  private var line: [UInt8] = []
  /// The beginnings of the newest lines, those above the rate included: they tell of a crash.
  private var lastLines: [[UInt8]] = []
  private var window = Instant.zero
  private var linesInWindow = 0

  init(
    descriptor: Int32, service: String, limits: ErrorOutputLimits, redactor: Redactor, log: Log
  ) {
    self.limits = limits
    self.service = service
    self.redactor = redactor
    self.log = log
    reader = DescriptorReader(descriptor: descriptor, sink: self)
  }

  isolated deinit { chunk.deallocate() }

  func resume() { reader?.resume() }
  func drain() { reader?.drain() }

  func close() {
    if !line.isEmpty { finishLine() }
    reader?.close()
    reader = nil
  }

  /// What an error message says of the last lines; empty if there were none.
  var excerpt: String {
    if !line.isEmpty { finishLine() }
    guard !lastLines.isEmpty else { return "" }
    let words = lastLines.map { Printable.text($0, limit: limits.quoted) }
    return " Its last words: " + words.joined(separator: " | ")
  }

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { chunk }

  func received(_ count: Int) {
    for byte in chunk.prefix(count) {
      if byte == UInt8(ascii: "\n") {
        finishLine()
      } else {
        line.append(byte)
        if line.count >= limits.line { finishLine() }
      }
    }
  }

  func ended(_ reason: EndOfInput) { if !line.isEmpty { finishLine() } }

  private func finishLine() {
    defer { line.removeAll(keepingCapacity: true) }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.isEmpty else { return }
    redactor.redact(&line)
    // One byte more than is shown, so that it shows where it was cut.
    lastLines.append(Array(line.prefix(limits.quoted + 1)))
    if lastLines.count > Self.quotedLines { lastLines.removeFirst() }
    let now = EventLoop.now
    if now - window >= .seconds(1) {
      if linesInWindow > limits.linesPerSecond {
        let count = String(linesInWindow - limits.linesPerSecond)
        log(.info, "backend.stderr_suppressed", ["service": service, "lines": count])
      }
      window = now
      linesInWindow = 0
    }
    linesInWindow += 1
    guard linesInWindow <= limits.linesPerSecond else { return }
    let text = Printable.text(line, limit: 1000)
    log(.info, "backend.stderr", ["service": service, "line": text])
  }
}
