/// One child process that speaks MCP on its stdin and stdout, from spawn to burial.
///
/// It opens the connection (`Handshake`), pairs replies with requests
/// (`PendingTable`), notices death by pidfd *and* by the end of stdout, whichever
/// comes first, and reads everything the child has written before it fails what
/// is left (reliability B11, B14, B16). Stopping is `StopSequence`'s decision.
import Glibc
package import Loop
import MCP
package import RawJSON
package import Resilience
package import Telemetry

@EventLoop
package final class ProcessBackend: ServiceBackend {
  var handshake: Handshake
  var framer: LineFramer
  let child: Child
  let reader: DescriptorReader
  let writer: DescriptorWriter
  let errors: ErrorOutput
  let relay: BackendRelay
  var exit: ExitStatus?
  var stopping = StopSequence()
  var ending: BackendEnding?
  var startTimer: LoopTimer?
  var stopTimer: LoopTimer?
  var stallTimer: LoopTimer?
  var trimTimer: LoopTimer?
  var burialTimer: LoopTimer?

  package var pid: Int32 { child.pid }
  package override var identity: ProcessIdentity? { child.identity }
  package override var place: (name: StaticString, value: String) { ("pid", String(child.pid)) }
  package override var isEraCertain: Bool { handshake.isCertain }
  package override var queuedBytes: Int { writer.queuedBytes }
  /// Its end is about to be reported, or has been.
  var goneReported = false

  /// Starts the child. The delegate hears of everything that follows.
  package init(
    _ spec: ChildSpec, service: String, handshake: Handshake, settings: BackendSettings,
    delegate: any ServiceBackendDelegate, log: Log
  ) throws(SpawnError) {
    let relay = BackendRelay()
    let child = try Child.spawn(spec) { status in relay.backend?.childExited(status) }
    self.child = child
    self.handshake = handshake
    framer = LineFramer(limit: settings.longestMessage, byteOrderMark: .skipped)
    self.relay = relay
    reader = DescriptorReader(descriptor: child.output, sink: relay)
    writer = DescriptorWriter(descriptor: child.input)
    errors = ErrorOutput(
      descriptor: child.errors, service: service, limits: settings.errors,
      redactor: settings.redactor, log: log)
    super.init(service: service, settings: settings, delegate: delegate, log: log)
    relay.backend = self
    writer.onDrained = { relay.backend?.writerDrained() }
    writer.onFailed = { _ in relay.backend?.stdinClosed() }
    reader.resume()
    errors.resume()
    perform(self.handshake.childStarted())
  }

  // MARK: Requests

  /// Writes the line of a request that carries `nextID`, and awaits its answer.
  func send(_ line: Slices, for exchange: any Exchange) {
    writer.write(line)
    awaitAnswer(exchange)
  }

  private func awaitAnswer(_ exchange: any Exchange) {
    pending.open(Pending(exchange: exchange, endsAt: writer.acceptedBytes))
    if writer.queuedBytes > settings.stallMark { watchForStall() }
  }

  package override func send(
    _ line: UnsafeRawBufferPointer, edited splice: inout Splice, for exchange: any Exchange
  ) {
    writer.write(line, edited: &splice)
    awaitAnswer(exchange)
  }

  /// Writes a notification or an answer.
  package override func write(_ message: [UInt8]) {
    message.withUnsafeBytes { writer.write(Slices($0)) }
  }

  /// Writes a request of our own.
  package override func send(_ message: [UInt8], for exchange: any Exchange) {
    message.withUnsafeBytes { send(Slices($0), for: exchange) }
  }

  /// Gives a request up: the child is told, and its late reply is dropped.
  ///
  /// The child hears of it before everything else that waits to be written, but not before the
  /// request itself.
  package override func cancel(_ id: UInt64, reason: StaticString) {
    guard let entry = pending.abandon(id), isAccepting else { return }
    let notice = Messages.cancelled(id, reason: reason)
    if writer.hasBegun(upTo: entry.endsAt) { writer.writeAhead(notice) } else { write(notice) }
    delegate.backendHasRoom(self)
  }

  /// Reads the child no more, or again: the client is slow.
  package override func setPaused(_ isPaused: Bool) {
    if isPaused { reader.pause() } else { reader.resume() }
  }

  /// Takes no more calls and ends the process: close stdin, TERM, KILL, to the whole group.
  package override func stop(_ patience: StopSequence.Patience) {
    end(.stopped, .within(patience))
  }

  package override func giveUp(_ why: String) { end(.crashed(why), .atOnce) }

  override func answeredLate() { endIfRetired() }

  // MARK: Starting

  func perform(_ action: Handshake.Action) {
    switch action {
    case .sendDiscover:
      limitStart(to: handshake.hurries ? settings.probeTime : settings.startTime)
      send(Messages.discover(nextID), for: HandshakeExchange(self))
    case .sendInitialize:
      limitStart(to: settings.startTime)
      let capabilities = settings.clientCapabilities
      send(Messages.initialize(nextID, capabilities: capabilities), for: HandshakeExchange(self))
    case .ready(let revision): becomeReady(revision)
    case .respawn:
      let successor = handshake
      end(.stopped, .atOnce)
      delegate.backend(self, needsSuccessorWith: successor)
    case .fail(let failure):
      end(.failedToStart(explain(failure)), .within(settings.patience))
    }
  }

  private func limitStart(to time: Duration) {
    let timer = startTimer ?? LoopTimer { [unowned self] in startTimeElapsed() }
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
    if framer.skippedByteOrderMark {
      log(.warning, "backend.byte_order_mark", ["service": service])
    }
    if revision.era == .legacy { write(Messages.initialized) }
    delegate.backendIsReady(self)
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
