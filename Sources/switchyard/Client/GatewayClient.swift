import Glibc
import MCP
import RawJSON

/// A client of the gateway that asks one thing at a time, in the modern era.
///
/// Blocks while it waits; the commands have nothing else to do.
final class GatewayClient {
  /// What `notifications/progress` told.
  struct Progress {
    var progress: Double
    var total: Double?
    var message: String?
  }

  /// The most that is kept of the gateway's log for error messages.
  private static let logLimit = 16 * 1024

  private let process: GatewayProcess
  private var framer = LineFramer(limit: 64 * 1024 * 1024)
  private var log: [UInt8] = []
  private var unsent: [UInt8] = []
  private var isLogOpen = true
  private var lastID = 0
  /// Whether the log is passed on to standard error as it comes.
  private let showsLog: Bool

  init(_ command: GatewayCommand, showsLog: Bool = false) throws {
    self.showsLog = showsLog
    process = try GatewayProcess(command)
  }

  /// Ends the gateway and waits until it has gone.
  func close() { process.stop() }

  /// Sends a request and waits for its result.
  ///
  /// - Parameters:
  ///   - timeout: in seconds from now; nil leaves it to the gateway's own deadlines.
  ///   - onProgress: asks for progress, and gets it.
  /// - Throws: `GatewayClientError`.
  func request(
    _ method: String, _ params: JSONObject = JSONObject(), timeout: Double? = nil,
    onProgress: ((Progress) -> Void)? = nil
  ) throws -> JSONValue {
    lastID += 1
    let id = lastID
    var params = params
    params["_meta"] = .object(Self.envelope(progressToken: onProgress == nil ? nil : id))
    send([
      "jsonrpc": "2.0", "id": JSONValue(integerLiteral: id), "method": .string(method),
      "params": .object(params),
    ])
    let deadline = timeout.map { Self.now() + $0 }
    while true {
      if Interrupt.isPending {
        cancel(id, reason: "interrupted")
        throw GatewayClientError.interrupted
      }
      while let line = try nextLine() {
        guard let message = try? JSONValue(parsing: line), message.objectValue != nil else {
          throw GatewayClientError.notAMessage(
            line: String(decoding: line.prefix(200), as: UTF8.self).printable())
        }
        if let answer = try take(message, id: id, onProgress) { return answer }
      }
      if let deadline, Self.now() >= deadline {
        cancel(id, reason: "timeout")
        throw GatewayClientError.timeout(seconds: timeout ?? 0)
      }
      try wait(until: deadline)
    }
  }

  /// Every page of a list.
  func list(_ method: String, _ member: String, timeout: Double?) throws -> [JSONValue] {
    var items: [JSONValue] = []
    var params = JSONObject()
    while true {
      let page = try request(method, params, timeout: timeout)
      items += page[member]?.arrayValue ?? []
      guard let cursor = page["nextCursor"], cursor != params["cursor"] else { return items }
      params["cursor"] = cursor
    }
  }

  private static func envelope(progressToken: Int?) -> JSONObject {
    var meta = JSONObject()
    meta["\(MetaKey.protocolVersion)"] = .string(Revision.newest.rawValue)
    meta["\(MetaKey.clientCapabilities)"] = [:]
    meta["\(MetaKey.clientInfo)"] = ["name": "switchyard", "version": .string(Product.version)]
    if let progressToken { meta["progressToken"] = JSONValue(integerLiteral: progressToken) }
    return meta
  }

  private func take(
    _ message: JSONValue, id: Int, _ onProgress: ((Progress) -> Void)?
  ) throws -> JSONValue? {
    if message["method"]?.stringValue == "notifications/progress" {
      let params = message["params"]
      guard let params, params["progressToken"]?.intValue == id else { return nil }
      onProgress?(
        Progress(
          progress: params["progress"]?.doubleValue ?? 0, total: params["total"]?.doubleValue,
          message: params["message"]?.stringValue))
      return nil
    }
    guard message["id"]?.intValue == id else { return nil }
    if let result = message["result"] { return result }
    let error = message["error"]
    throw GatewayClientError.refused(
      code: error?["code"]?.intValue ?? 0, message: error?["message"]?.stringValue ?? "",
      data: error?["data"])
  }

  private func cancel(_ id: Int, reason: String) {
    send([
      "jsonrpc": "2.0", "method": "notifications/cancelled",
      "params": ["requestId": JSONValue(integerLiteral: id), "reason": .string(reason)],
    ])
    // Whoever asked waits for the gateway to end, which waits for its services.
    let deadline = Self.now() + 1
    while !unsent.isEmpty, Self.now() < deadline, (try? wait(until: deadline)) != nil {}
  }

  private func send(_ message: JSONValue) {
    unsent += message.serialized() + [UInt8(ascii: "\n")]
    flush()
  }

  private func flush() {
    while !unsent.isEmpty {
      let count = unsent.withUnsafeBytes { write(process.input, $0.baseAddress, $0.count) }
      if count > 0 {
        unsent.removeFirst(count)
      } else if errno != EINTR {
        // A full pipe is waited for; a broken one shows as the end of the output.
        return
      }
    }
  }

  private func nextLine() throws -> [UInt8]? {
    switch framer.next() {
    case .line(let bytes): return Array(bytes)
    case nil: return nil
    case .tooLong: throw GatewayClientError.notAMessage(line: "a line longer than 64 MiB")
    }
  }

  /// Waits for bytes from the gateway and takes them; returns at `deadline` or on a signal too.
  private func wait(until deadline: Double?) throws {
    var entries = [pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)]
    entries.append(pollfd(fd: isLogOpen ? process.log : -1, events: Int16(POLLIN), revents: 0))
    let wantsToSend = !unsent.isEmpty
    entries.append(
      pollfd(fd: wantsToSend ? process.input : -1, events: Int16(POLLOUT), revents: 0))
    // Never longer than this, so that a Ctrl-C just before the wait is not missed for long.
    let span = deadline.map { max(0, min(0.2, $0 - Self.now())) } ?? 0.2
    guard poll(&entries, 3, Int32(span * 1000) + 1) > 0 else { return }
    if entries[1].revents != 0 { readLog() }
    if entries[2].revents != 0 { flush() }
    guard entries[0].revents != 0 else { return }
    let tail = framer.tail(atLeast: 65536)
    let count = read(process.output, tail.baseAddress, tail.count)
    if count > 0 { return framer.commit(count) }
    if count < 0, errno == EINTR || errno == EAGAIN { return }
    while isLogOpen { readLog() }
    throw GatewayClientError.ended(
      log: String(decoding: log, as: UTF8.self).printable(keepsLines: true))
  }

  private func readLog() {
    var chunk = [UInt8](repeating: 0, count: 16384)
    let count = read(process.log, &chunk, chunk.count)
    guard count > 0 else {
      isLogOpen = count < 0 && errno == EINTR
      return
    }
    if showsLog { Terminal.error.write(Array(chunk[..<count])) }
    log += chunk[..<count]
    if log.count > Self.logLimit { log.removeFirst(log.count - Self.logLimit) }
  }

  /// Seconds on the monotonic clock.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
