import Digest
import Glibc
import Harness
import MCP
import RawJSON
import Resilience

/// A client that keeps many calls in flight and writes down what comes back.
///
/// It checks every line: a message of the protocol, for a call of its own, before which only
/// progress of that call came, and which brings back what was sent.
final class LoadClient {
  let wire: Wire
  private(set) var calls: [CallRecord] = []
  /// What came and should not have.
  private(set) var complaints: [String] = []
  /// Answers to requests that are not in the ledger, by id.
  private(set) var replies: [String: ServerMessage] = [:]
  private(set) var log: [UInt8] = []
  private let fleet: Fleet
  private let isModern: Bool
  private var open: Set<Int> = []
  private var nextQuestion = 0

  init(_ process: ServerProcess, _ fleet: Fleet, isModern: Bool) {
    wire = Wire(process)
    self.fleet = fleet
    self.isModern = isModern
    wire.onLine = { [unowned self] line, time in receive(line, at: time) }
    wire.onErrors = { [unowned self] bytes in log += bytes }
  }

  /// Calls that wait for an answer; those that were cancelled do not.
  var inFlight: Int { open.count }
  var openCalls: Set<Int> { open }

  static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  // MARK: Sending

  private static let envelope =
    #""io.modelcontextprotocol/protocolVersion":"2026-07-28","#
    + #""io.modelcontextprotocol/clientCapabilities":{}"#

  /// Queues a call; it goes out while the wire moves.
  ///
  /// - Parameter size: bytes of text in the arguments, for tools that take one.
  func call(_ tool: CallRecord.Tool, of group: String, size: Int, milliseconds: Int = 0) {
    let number = calls.count
    var call = CallRecord(number: number, tool: tool, group: group, sent: Self.now)
    var arguments = #"{"uuid":"\#(call.uuid)""#
    if tool == .slow {
      arguments += #","ms":\#(milliseconds),"steps":\#(1 + number % 3)"#
      call.expected = #""steps":\#(1 + number % 3)"#
    } else if size > 0 {
      arguments += #","text":"\#(String(repeating: "x", count: size))""#
    }
    arguments += "}"
    if tool == .echo { call.expected = #""uuid":"\#(call.uuid)""# }
    if tool == .digest {
      // A request to an API is made of the arguments: its bytes are others.
      let isREST = fleet.isREST(group)
      call.expected = isREST ? #""uuid":"\#(call.uuid)""# : SHA256.hex(arguments.utf8)
    }
    let token = tool == .slow ? #""progressToken":"\#(call.uuid)""# : nil
    let meta = [isModern ? Self.envelope : nil, token].compactMap { $0 }.joined(separator: ",")
    calls.append(call)
    open.insert(number)
    wire.post(
      Array(
        (#"{"jsonrpc":"2.0","id":\#(call.id),"method":"tools/call","params":{"name":"\#(group)_"#
          + #"\#(tool)","arguments":\#(arguments),"_meta":{\#(meta)}}}"# + "\n").utf8))
  }

  func cancel(_ number: Int) {
    guard open.remove(number) != nil else { return }
    calls[number].cancelled = Self.now
    wire.post(Array((WireText.cancel(id: calls[number].id, reason: nil) + "\n").utf8))
  }

  /// Asks for something that is no call; the answer will be in `replies`.
  func ask(_ method: String, _ params: String? = nil) -> String {
    nextQuestion += 1
    let id = "\"q\(nextQuestion)\""
    let meta = isModern ? #""_meta":{\#(Self.envelope)}"# : nil
    let members = [params, meta].compactMap { $0 }.joined(separator: ",")
    wire.post(
      Array(
        (#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(members)}}"# + "\n")
          .utf8))
    return id
  }

  func notify(_ method: String) {
    wire.post(Array((WireText.notification(method: method, params: nil) + "\n").utf8))
  }

  // MARK: Receiving

  private func receive(_ line: [UInt8], at time: Instant) {
    let message = ServerMessage(line, at: time)
    switch message.kind {
    case .result, .failure: answered(message)
    case .notification where message.method == "notifications/progress": progressed(message)
    case .notification: break
    default: complaints.append("a line that no client expects: \(message.text.prefix(200))")
    }
  }

  private func answered(_ message: ServerMessage) {
    guard let id = message.id, let number = number(of: id) else {
      if let id = message.id, id.hasPrefix("\"q"), replies[id] == nil {
        replies[id] = message
      } else {
        complaints.append("an answer that nobody asked for: \(message.text.prefix(200))")
      }
      return
    }
    open.remove(number)
    let call = calls[number]
    var answer = CallAnswer(at: message.arrival, kind: .result(isError: false))
    if message.kind == .failure {
      answer.kind = .error(CallFailure(message))
    } else {
      answer.kind = .result(isError: message.bytes.contains(#""isError":true"#))
      answer.isRight = call.expected.isEmpty || message.bytes.contains(call.expected)
    }
    calls[number].answers.append(answer)
  }

  private func number(of id: String) -> Int? {
    guard let number = Int(id.filter { $0 != "\"" }), calls.indices.contains(number),
      CallRecord.id(number) == id
    else { return nil }
    return number
  }

  private func progressed(_ message: ServerMessage) {
    let token = message.progressToken?.filter { $0 != "\"" } ?? ""
    let value = message.params?.member("progress")?.doubleValue ?? 0
    guard token.hasPrefix("c"), let number = Int(token.dropFirst()), calls.indices.contains(number)
    else { return complaints.append("progress of nothing: \(message.text.prefix(200))") }
    if !calls[number].answers.isEmpty {
      complaints.append("progress of \(token) after its answer")
    }
    if value <= calls[number].lastProgress {
      complaints.append("progress of \(token) went from \(calls[number].lastProgress) to \(value)")
    }
    calls[number].lastProgress = value
  }

  func complain(_ text: String) { complaints.append(text) }
}

extension CallFailure {
  init(_ message: ServerMessage) {
    let error = message.error
    let data = error?.member("data")
    self.init(
      code: error?.member("code")?.intValue.map { Int($0) } ?? 0,
      source: data?.member("source")?.stringValue ?? "",
      backend: data?.member("backend")?.stringValue ?? "",
      wasSent: data?.member("sent") == .bool(true),
      outcome: data?.member("outcome")?.stringValue ?? "",
      attempts: data?.member("attempts")?.intValue.map { Int($0) } ?? 0,
      text: String(message.text.prefix(600)))
  }
}
