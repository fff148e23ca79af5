import Glibc
package import MCP
package import RawJSON
import Resilience

/// A scripted MCP client with one server as its child: the instrument of the
/// scenarios, of `switchyard call` and of our own end-to-end tests.
///
/// Every function that waits takes the longest wait and throws `HarnessError`.
/// The client reads only while it waits. It is used from one thread at a time.
package final class HarnessClient {
  package let process: ServerProcess
  /// Every line, both ways, and what was asked and answered.
  package private(set) var transcript = Transcript()
  /// The revision that `handshake` and `request` speak.
  package var revision: Revision
  /// What the client says it can do; an object.
  package var capabilities: JSONValue
  /// Answers to requests of the server by method, given as soon as the request is read.
  package var answers: [String: ClientAnswer] = ["ping": .result([:])]
  /// Sees each line as it passes.
  package var observer: ((WireDirection, [UInt8]) -> Void)?
  /// How long a function waits that is not told: longer than anything takes that works.
  package static let patience = Duration.seconds(60)
  private let wire: Wire
  private var nextNumber = 1

  /// Starts the server. Writing to a server that is gone must not end this
  /// process, so SIGPIPE is ignored from here on.
  package init(
    _ command: ServerCommand, revision: Revision = .newestLegacy, capabilities: JSONValue = [:]
  ) throws(HarnessError) {
    signal(SIGPIPE, SIG_IGN)
    process = try ServerProcess(command)
    wire = Wire(process)
    self.revision = revision
    self.capabilities = capabilities
    wire.onLine = { [unowned self] line, time in receive(line, at: time) }
  }

  /// What the server wrote to stderr, at most 1 MiB of it, invalid UTF-8 repaired.
  package var stderr: String { String(decoding: wire.stderr, as: UTF8.self) }
  /// Gets what the server writes to stderr, as it comes.
  package var onErrors: ([UInt8]) -> Void {
    get { wire.onErrors }
    set { wire.onErrors = newValue }
  }
  /// Whether the server closed its stdout.
  package var outputEnded: Bool { wire.outputEnded }
  /// What came on stdout after the last newline.
  package var partialLine: [UInt8] { wire.partialLine }
  /// Set to false for a client that does not read.
  package var readsOutput: Bool {
    get { wire.readsOutput }
    set { wire.readsOutput = newValue }
  }
}

/// Sending.
extension HarnessClient {
  /// Queues bytes as they are; they go out while something waits.
  package func post(_ bytes: [UInt8]) {
    transcript.sent(bytes, at: MonotonicClock.now)
    if let observer { for line in bytes.split(separator: 10) { observer(.toServer, Array(line)) } }
    wire.post(bytes)
  }

  /// Sends bytes as they are and waits until the server's pipe has taken them. A
  /// server that closed its stdin is not an error here: its exit or silence tells.
  package func send(_ bytes: [UInt8], within limit: Duration = HarnessClient.patience)
    throws(HarnessError)
  {
    guard process.input >= 0 else { throw .inputClosed }
    post(bytes)
    let done = wire.move(until: MonotonicClock.now + limit) { wire.queued == 0 }
    if !done, !wire.inputBroken { throw .notRead(wire.queued) }
  }

  /// Sends one line, newline added.
  package func send(line: String, within limit: Duration = HarnessClient.patience)
    throws(HarnessError)
  {
    try send(Array(line.utf8) + [10], within: limit)
  }

  /// Sends a request in the client's era, without waiting for its answer.
  ///
  /// - Parameter id: JSON text; the next number when nil.
  /// - Returns: the id, as JSON text.
  @discardableResult
  package func request(
    _ method: String, _ params: JSONValue? = nil, id: String? = nil
  ) throws(HarnessError) -> String {
    let id = id ?? freshID()
    let line = WireText.request(id: id, method: method, params: enveloped(params))
    try send(line: line)
    return id
  }

  package func notify(_ method: String, _ params: JSONValue? = nil) throws(HarnessError) {
    try send(line: WireText.notification(method: method, params: params))
  }

  /// Cancels a request of ours.
  package func cancel(_ id: String, reason: String? = nil) throws(HarnessError) {
    transcript.cancelled(id)
    try send(line: WireText.cancel(id: id, reason: reason))
  }

  /// Answers a request of the server.
  package func answer(_ id: String, _ answer: ClientAnswer) throws(HarnessError) {
    try send(line: WireText.answer(id: id, answer))
  }

  package func closeInput() { wire.finishInput() }

  /// Stops listening altogether: the server sees EPIPE.
  package func closeOutput() { process.closeOutput() }

  private func freshID() -> String {
    defer { nextNumber += 1 }
    return String(nextNumber)
  }

  /// The parameters with the envelope of 2026-07-28, where the client speaks it.
  private func enveloped(_ params: JSONValue?) -> JSONValue? {
    guard revision.era == .modern else { return params }
    return WireText.enveloped(params, revision: revision, capabilities: capabilities)
  }
}

/// Receiving.
extension HarnessClient {
  /// The next answer to a request that was not taken before.
  package func response(
    to id: String, within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take("answer to \(id)", limit) { $0.takeResponse(to: id) }
  }

  /// The next error that names no request.
  package func errorWithoutID(
    within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take("error without id", limit) { $0.takeErrorWithoutID() }
  }

  /// The next error, whether it names a request or not: what a malformed request gets.
  package func nextError(
    within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take("error", limit) { $0.takeError() }
  }

  /// Expects no answer to a request any more.
  package func forget(_ id: String) { transcript.cancelled(id) }

  /// The next notification, in the order in which they came.
  package func notification(
    within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take("notification", limit) { $0.takeNotification() }
  }

  /// The next notification of one method; others stay.
  package func notification(
    _ method: String, within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take(method, limit) { $0.takeNotification(method) }
  }

  /// The next request of the server that has no answer in `answers`.
  package func serverRequest(
    within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try take("request of the server", limit) { $0.takeRequest() }
  }

  /// Sends a request and waits for its answer.
  package func roundTrip(
    _ method: String, _ params: JSONValue? = nil, within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try response(to: request(method, params), within: limit)
  }

  /// `tools/call`, waited for.
  package func call(
    _ tool: String, _ arguments: JSONValue = [:], within limit: Duration = HarnessClient.patience
  ) throws(HarnessError) -> ServerMessage {
    try roundTrip(
      "tools/call", ["name": .string(tool), "arguments": arguments], within: limit)
  }

  /// Legacy: initialize and its notification. Modern: server/discover.
  @discardableResult
  package func handshake(within limit: Duration = HarnessClient.patience) throws(HarnessError)
    -> ServerMessage
  {
    guard revision.era == .legacy else {
      return try roundTrip("server/discover", within: limit)
    }
    let params: JSONValue = [
      "protocolVersion": .string(revision.rawValue), "capabilities": capabilities,
      "clientInfo": WireText.clientInfo,
    ]
    let answer = try roundTrip("initialize", params, within: limit)
    try notify("notifications/initialized")
    return answer
  }

  /// Reads and writes for a while, whatever comes.
  package func run(for duration: Duration) {
    _ = wire.move(until: MonotonicClock.now + duration, waitsForExit: true) { false }
  }

  /// Reads until a condition on the transcript holds; says whether it did.
  package func run(
    until condition: (Transcript) -> Bool, within limit: Duration
  ) -> Bool {
    wire.move(until: MonotonicClock.now + limit) { condition(transcript) }
  }

  /// Waits for the end of the process and of its output.
  package func waitForExit(within limit: Duration) throws(HarnessError) -> ServerExit {
    var ended: ServerExit?
    let deadline = MonotonicClock.now + limit
    _ = wire.move(until: deadline, waitsForExit: true) {
      ended = ended ?? process.poll()
      return ended != nil && (wire.outputEnded || process.output < 0 || !wire.readsOutput)
    }
    guard let ended = ended ?? process.poll() else { throw .timeout("exit of the server", limit) }
    return ended
  }

  private func take(
    _ awaited: String, _ limit: Duration, _ take: (inout Transcript) -> ServerMessage?
  ) throws(HarnessError) -> ServerMessage {
    var found: ServerMessage?
    _ = wire.move(until: MonotonicClock.now + limit) {
      found = take(&transcript)
      return found != nil
    }
    if let found { return found }
    throw wire.outputEnded ? .closed(awaited) : .timeout(awaited, limit)
  }

  private func receive(_ line: [UInt8], at time: Instant) {
    observer?(.toClient, line)
    let message = ServerMessage(line, at: time)
    transcript.received(message)
    guard message.kind == .request, let id = message.id, let method = message.method,
      let answer = answers[method]
    else { return }
    transcript.dropRequest(id)
    post(Array(WireText.answer(id: id, answer).utf8) + [10])
  }
}
