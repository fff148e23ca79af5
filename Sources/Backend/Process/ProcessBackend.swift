/// One child process that speaks MCP on its stdin and stdout, from spawn to burial.
///
/// It opens the connection (`Handshake`), pairs replies with requests
/// (`PendingTable`), notices death by pidfd *and* by the end of stdout, whichever
/// comes first, and reads everything the child has written before it fails what
/// is left (reliability B11, B14, B16). Stopping is `StopSequence`'s decision.
import Glibc
package import Loop
package import MCP
import RawJSON
import Resilience
package import Telemetry

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
  package internal(set) var isAccepting = false
  let settings: BackendSettings
  let log: Log
  weak var delegate: (any ProcessBackendDelegate)?

  var pending: PendingTable<Pending>
  var handshake: Handshake
  var framer: LineFramer
  let child: Child
  let reader: DescriptorReader
  let writer: DescriptorWriter
  let errors: ErrorOutput
  var junk = JunkCounter()
  var exit: ExitStatus?
  var stopping = StopSequence()
  var ending: BackendEnding?
  var startTimer: LoopTimer?
  var stopTimer: LoopTimer?
  var stallTimer: LoopTimer?

  package var pid: Int32 { child.pid }
  package var identity: ProcessIdentity? { child.identity }
  /// Requests that wait for an answer, our own included.
  package var inFlight: Int { pending.count }
  package var queuedBytes: Int { writer.queuedBytes }
  package var isGone: Bool { exit != nil && ending != nil && goneReported }
  var goneReported = false

  /// Starts the child. The delegate hears of everything that follows.
  package init(
    _ spec: ChildSpec, service: String, handshake: Handshake, settings: BackendSettings,
    delegate: any ProcessBackendDelegate, log: Log
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
      end(.stopped, .atOnce)
      delegate?.backend(self, needsSuccessorWith: successor)
    case .fail(let failure):
      end(.failedToStart(explain(failure)), .within(settings.patience))
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

  func explain(_ failure: Handshake.Failure) -> String {
    let what =
      switch failure {
      case .ended: "ended before it was ready" + exitText
      case .timedOut: "did not answer within \(settings.startTime)"
      case .refused: "speaks no protocol revision that is allowed here"
      }
    return "The command of service '\(service)' \(what).\(junk.excerpt)\(errors.excerpt)"
  }

  var exitText: String {
    switch exit {
    case .exited(let code): " (exit code \(code))"
    case .signalled(let signal): " (signal \(signal))"
    case nil: ""
    }
  }
}

/// Passes the exit of a child on to a backend that is made after it.
@EventLoop
private final class ExitRelay {
  weak var backend: ProcessBackend?
}
