/// One child process that speaks MCP on its stdin and stdout, from spawn to burial.
///
/// It opens the connection (`Handshake`), pairs replies with requests
/// (`PendingTable`), notices death by pidfd *and* by the end of stdout, whichever
/// comes first, and reads everything the child has written before it fails what
/// is left (reliability B11, B14, B16). Stopping is `StopSequence`'s decision.
package import Loop
package import MCP
import RawJSON
package import Resilience
package import Telemetry

/// What a service learns about its backends.
@EventLoop
package protocol ProcessBackendDelegate: AnyObject {
  /// Calls may flow.
  func backendIsReady(_ backend: ProcessBackend)
  /// The child fell to the era probe; start another with `handshake`.
  func backend(_ backend: ProcessBackend, needsSuccessorWith handshake: Handshake)
  /// A request or notification that belongs to no pending request.
  func backend(
    _ backend: ProcessBackend, received line: UnsafeRawBufferPointer, _ envelope: Envelope)
  /// No further calls: its requests have been failed. The process may still run.
  func backendEnded(_ backend: ProcessBackend, _ ending: BackendEnding)
  /// The process group is gone and reaped.
  func backendIsGone(_ backend: ProcessBackend)
  /// A request was answered or given up: another may be sent.
  func backendHasRoom(_ backend: ProcessBackend)
}

/// Why a backend takes no more calls.
package enum BackendEnding: Hashable, Sendable {
  /// We stopped it.
  case stopped
  /// It ended, or closed its stdout, by itself after it was ready.
  case crashed(String)
  /// It never became ready.
  case failedToStart(String)
}

@EventLoop
package final class ProcessBackend {
  /// What the handshake told about the service.
  package struct Introduction: Hashable, Sendable {
    package var revision: Revision
    /// JSON objects as the service wrote them; empty if it said nothing.
    package var capabilities: [UInt8] = []
    package var serverInfo: [UInt8] = []
    /// Decoded text; nil if it said nothing.
    package var instructions: [UInt8]?

    package init(
      revision: Revision, capabilities: [UInt8] = [], serverInfo: [UInt8] = [],
      instructions: [UInt8]? = nil
    ) {
      self.revision = revision
      self.capabilities = capabilities
      self.serverInfo = serverInfo
      self.instructions = instructions
    }
  }

  struct Pending {
    let exchange: any Exchange
    /// How far the writer must get until the request counts as sent.
    var endsAt: Int
  }

  package let service: String
  package private(set) var introduction: Introduction?
  /// What is spoken with it; the newest legacy revision until that is known.
  package var revision: Revision { introduction?.revision ?? .newestLegacy }
  package private(set) var isAccepting = false
  let settings: BackendSettings
  let log: Log
  weak var delegate: (any ProcessBackendDelegate)?

  var pending: PendingTable<Pending>
  var handshake: Handshake
  var framer: LineFramer
  private let child: Child
  let reader: DescriptorReader
  let writer: DescriptorWriter
  let errors: ErrorOutput
  var junk = JunkCounter()
  private var exit: ExitStatus?
  private var stopping: StopSequence?
  private var ending: BackendEnding?
  private var startTimer: LoopTimer?
  private var stopTimer: LoopTimer?
  private var stallTimer: LoopTimer?

  package var pid: Int32 { child.pid }
  package var identity: ProcessIdentity? { child.identity }
  /// Requests that wait for an answer, our own included.
  package var inFlight: Int { pending.count }
  package var queuedBytes: Int { writer.queuedBytes }
  package var isGone: Bool { exit != nil && ending != nil && goneReported }
  private var goneReported = false

  /// Starts the child. The delegate hears of everything that follows.
  package init(
    _ spec: ChildSpec, service: String, handshake: Handshake, settings: BackendSettings, delegate: any ProcessBackendDelegate, log: Log
  ) throws(SpawnError) {
    let relay = ExitRelay()
    let child = try Child.spawn(spec) { status in relay.backend?.childExited(status) }
    self.child = child
    self.service = service
    self.handshake = handshake
    self.settings = settings
    self.delegate = delegate
    self.log = log
    framer = LineFramer(limit: settings.longestMessage, byteOrderMark: .skipped)
    pending = PendingTable(firstID: UInt32.random(in: 1 ... .max))
    let input = ReaderRelay()
    reader = DescriptorReader(descriptor: child.output, sink: input)
    writer = DescriptorWriter(descriptor: child.input)
    errors = ErrorOutput(descriptor: child.errors, service: service, log: log)
    relay.backend = self
    input.backend = self
    writer.onDrained = { [weak self] in self?.writerDrained() }
    writer.onFailed = { [weak self] _ in self?.stdinClosed() }
    reader.resume()
    errors.resume()
    perform(self.handshake.childStarted())
  }

  // MARK: Requests

  /// Files a request and returns the id under which it must be written.
  package func open(_ exchange: any Exchange) -> UInt64 {
    pending.open(Pending(exchange: exchange, endsAt: .max))
  }

  /// Writes the line of request `id`, or of a notification (`nil`).
  package func write(_ line: Slices, for id: UInt64? = nil) {
    writer.write(line)
    if let id { pending.update(id) { $0.endsAt = writer.acceptedBytes } }
    if writer.queuedBytes > 0 { watchForStall() }
  }

  /// Gives a request up: the child is told, and its late reply is dropped.
  package func cancel(_ id: UInt64, reason: StaticString) {
    guard pending.abandon(id) != nil, isAccepting else { return }
    writeOwn(Messages.cancelled(id, reason: reason))
    delegate?.backendHasRoom(self)
  }

  /// Reads the child no more, or again: the client is slow.
  package func setPaused(_ isPaused: Bool) {
    if isPaused { reader.pause() } else { reader.resume() }
  }

  // MARK: Starting

  func perform(_ action: Handshake.Action) {
    switch action {
    case .sendDiscover:
      limitStart(to: settings.probeTime)
      request { id in Messages.discover(id) }
    case .sendInitialize:
      limitStart(to: settings.startTime)
      request { id in Messages.initialize(id) }
    case .ready(let revision): becomeReady(revision)
    case .respawn:
      let successor = handshake
      end(.stopped, stop: .immediate)
      delegate?.backend(self, needsSuccessorWith: successor)
    case .fail(let failure):
      end(.failedToStart(explain(failure)), stop: .patient)
    }
  }

  private func request(_ message: (UInt64) -> [UInt8]) {
    let id = open(HandshakeExchange(self))
    writeOwn(message(id), for: id)
  }

  /// Writes a message of our own.
  package func writeOwn(_ message: [UInt8], for id: UInt64? = nil) {
    message.withUnsafeBytes { bytes in
      var line = Slices()
      line.append(bytes)
      write(line, for: id)
    }
  }

  private func limitStart(to time: Duration) {
    let timer = startTimer ?? LoopTimer { [weak self] in self?.startTimeElapsed() }
    startTimer = timer
    timer.start(after: time)
  }

  private func startTimeElapsed() {
    guard ending == nil, !handshake.isSettled else { return }
    perform(handshake.timeElapsed())
  }

  private func becomeReady(_ revision: Revision) {
    startTimer?.stop()
    var found = introduction ?? Introduction(revision: revision)
    found.revision = revision
    introduction = found
    isAccepting = true
    if revision.era == .legacy { writeOwn(Messages.initialized) }
    delegate?.backendIsReady(self)
  }

  /// Keeps what `server/discover` or `initialize` told, before the verdict.
  func introduce(_ introduction: Introduction) { self.introduction = introduction }

  private func explain(_ failure: Handshake.Failure) -> String {
    let what =
      switch failure {
      case .ended: "ended before it was ready" + exitText
      case .timedOut: "did not answer within \(settings.startTime)"
      case .refused: "speaks no protocol revision that is allowed here"
      }
    return "The command of service '\(service)' \(what).\(junk.excerpt)\(errors.excerpt)"
  }

  private var exitText: String {
    switch exit {
    case .exited(let code): " (exit code \(code))"
    case .signalled(let signal): " (signal \(signal))"
    case nil: ""
    }
  }

  // MARK: Ending

  /// Takes no more calls and ends the process: close stdin, TERM, KILL, to the whole group.
  package func stop(_ pace: StopSequence.Pace = .patient) { end(.stopped, stop: pace) }

  func end(_ ending: BackendEnding, stop pace: StopSequence.Pace) {
    if self.ending == nil {
      self.ending = ending
      isAccepting = false
      startTimer?.stop()
      stallTimer?.stop()
      failPending(ending)
      delegate?.backendEnded(self, ending)
    }
    guard exit == nil else { return finishWhenGone() }
    if stopping == nil || pace == .immediate {
      var sequence = StopSequence(pace: pace, times: settings.stopTimes)
      let actions = sequence.begin(at: EventLoop.now)
      stopping = sequence
      carryOut(actions)
    }
  }

  private func failPending(_ ending: BackendEnding) {
    let detail =
      switch ending {
      case .stopped: "Service '\(service)' was stopped."
      case .crashed(let text), .failedToStart(let text): text
      }
    for entry in pending.takeAll() {
      let wasSent = entry.endsAt <= writer.sentBytes
      entry.exchange.failed(BackendFailure(.lost, wasSent: wasSent, detail: detail))
    }
  }

  private func carryOut(_ actions: [StopSequence.Action]) {
    for action in actions {
      switch action {
      case .closeInput: writer.close()
      case .signal(let signal): child.signalGroup(signal)
      case .wait(let until):
        let timer = stopTimer ?? LoopTimer { [weak self] in self?.stopTimeElapsed() }
        stopTimer = timer
        timer.start(at: until)
      }
    }
  }

  private func stopTimeElapsed() {
    guard exit == nil, var sequence = stopping else { return }
    let actions = sequence.timeElapsed(at: EventLoop.now)
    stopping = sequence
    carryOut(actions)
  }

  func childExited(_ status: ExitStatus) {
    exit = status
    // What the child wrote before it died counts; only then are its calls lost.
    if ending == nil || stopping != nil { reader.drain() }
    errors.drain()
    endedByItself()
    finishWhenGone()
  }

  /// stdout ended: nothing can be answered any more, whatever the process does.
  func outputEnded() { endedByItself() }

  private func endedByItself() {
    guard ending == nil else { return }
    if !handshake.isSettled {
      perform(handshake.childEnded())
    } else {
      let what = exit == nil ? "closed its stdout" : "ended" + exitText
      let text = "Service '\(service)' \(what) while it was in use.\(errors.excerpt)"
      end(.crashed(text), stop: .immediate)
    }
  }

  private func finishWhenGone() {
    guard exit != nil, ending != nil, !goneReported else { return }
    goneReported = true
    stopTimer?.stop()
    reader.close()
    writer.abandon()
    errors.close()
    Orphans.sweep()
    delegate?.backendIsGone(self)
  }

  // MARK: The way to the child's stdin

  /// The child reads no more (row B12): what it has read may still be answered,
  /// the rest was never sent.
  private func stdinClosed() {
    guard ending == nil else { return }
    isAccepting = false
    let text = "Service '\(service)' closed its stdin.\(errors.excerpt)"
    for entry in pending.takeAll(where: { $0.endsAt > writer.sentBytes }) {
      entry.exchange.failed(BackendFailure(.lost, wasSent: false, detail: text))
    }
    endIfRetired()
  }

  /// Ends a backend that takes no more requests once the last one is answered.
  func endIfRetired() {
    guard ending == nil, !isAccepting, handshake.isSettled, pending.isEmpty else { return }
    end(.crashed("Service '\(service)' closed its stdin.\(errors.excerpt)"), stop: .patient)
  }

  private func writerDrained() {
    stallTimer?.stop()
  }

  private func watchForStall() {
    guard stallTimer == nil || stallTimer?.isActive == false else { return }
    let timer = stallTimer ?? LoopTimer { [weak self] in self?.checkStall() }
    stallTimer = timer
    timer.start(after: settings.stallTime)
  }

  private func checkStall() {
    guard ending == nil, let since = writer.stalledSince else { return }
    let until = since + settings.stallTime
    if EventLoop.now < until {
      stallTimer?.start(at: until)
    } else {
      let text = "Service '\(service)' has not read its stdin for \(settings.stallTime)."
      end(.crashed(text), stop: .immediate)
    }
  }
}

/// Times and limits of one backend.
package struct BackendSettings: Sendable {
  package var longestMessage: Int
  package var probeTime: Duration
  package var startTime: Duration
  package var stallTime: Duration
  package var stopTimes: StopSequence.Times

  package init(
    longestMessage: Int, probeTime: Duration, startTime: Duration, stallTime: Duration,
    stopTimes: StopSequence.Times
  ) {
    self.longestMessage = longestMessage
    self.probeTime = probeTime
    self.startTime = startTime
    self.stallTime = stallTime
    self.stopTimes = stopTimes
  }
}

/// Passes the exit of a child on to a backend that is made after it.
@EventLoop
private final class ExitRelay {
  weak var backend: ProcessBackend?
}
