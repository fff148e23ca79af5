import HTTP
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// How the connection is opened, opened again, and ended.
extension RemoteBackend {
  func perform(_ action: RemoteHandshake.Action) {
    guard ending == nil else { return }
    switch action {
    case .sendDiscover:
      post(Messages.discover(nextID), for: RemoteHello(self), isOfHandshake: true)
    case .sendInitialize:
      let capabilities = settings.clientCapabilities
      post(
        Messages.initialize(nextID, capabilities: capabilities), for: RemoteHello(self),
        isOfHandshake: true)
    case .openStream: openStream()
    case .ready(let revision): agreed(on: revision)
    case .refuse:
      end(.failedToStart("\(subject) speaks no protocol revision that is allowed here."))
    }
  }

  /// How errors begin.
  var subject: String { "Service '\(service)' at \(endpoint.originText)" }

  func limitStart() {
    let timer = startTimer ?? LoopTimer { [unowned self] in startTimeElapsed() }
    startTimer = timer
    timer.start(after: settings.startTime)
  }

  private func startTimeElapsed() {
    guard ending == nil, !isAccepting || isRenewing else { return }
    let text = "\(subject) did not answer within \(settings.startTime)."
    end(isRenewing ? .crashed(text) : .failedToStart(text))
  }

  /// A legacy server must have heard `notifications/initialized` before anything else, and
  /// requests of their own overtake each other: its answer is waited for.
  private func agreed(on revision: Revision) {
    var found = introduction ?? Introduction(revision: revision)
    found.revision = revision
    introduction = found
    guard revision.era == .legacy else { return opened() }
    tell(RemoteRequest(.message, body: Messages.initialized, isOfHandshake: true, of: self))
  }

  /// Messages may flow.
  func opened() {
    startTimer?.stop()
    guard isRenewing else {
      isAccepting = true
      if !isModern, !handshake.usesStream { openStream() }
      return delegate.backendIsReady(self)
    }
    isRenewing = false
    sessionNumber += 1
    let requests = held
    held = []
    for request in requests { begin(request) }
    openStream()
    delegate.backendIsRenewed(self)
  }

  /// The server has forgotten the session (404): a new one is opened, once for all who were told.
  func renew() {
    guard !isRenewing, ending == nil, isAccepting else { return }
    log(.info, "remote.session_lost", ["service": service])
    isRenewing = true
    sessionID = nil
    streamEventID = []
    streamTimer?.stop()
    if let stream { drop(stream) }
    stream = nil
    limitStart()
    perform(handshake.renew())
  }

  // MARK: Ending

  func end(_ ending: BackendEnding) {
    guard self.ending == nil else { return }
    self.ending = ending
    isAccepting = false
    isRenewing = false
    for timer in [startTimer, sweepTimer, streamTimer] { timer?.stop() }
    for request in allRequests { drop(request) }
    stream = nil
    requests.removeAll()
    failPending(ending)
    delegate.backendEnded(self, ending)
    guard sessionID != nil, case .stopped = ending else { return finishLater() }
    // Best effort: servers may refuse it, and nobody waits for long.
    tell(RemoteRequest(.goodbye, of: self))
  }

  private func failPending(_ ending: BackendEnding) {
    let detail =
      switch ending {
      case .stopped: "Service '\(service)' was stopped."
      case .crashed(let text), .failedToStart(let text): text
      }
    let unsent = Set((held + awaitingTools + awaitingLogin).compactMap(\.id))
    (held, awaitingTools, awaitingLogin) = ([], [], [])
    for id in pending.ids(where: { _ in true }) {
      guard let entry = pending.take(id) else { continue }
      entry.exchange.failed(
        BackendFailure(.lost, wasSent: !unsent.contains(id), detail: detail))
    }
  }

  /// Not within a call of the owner's.
  func finishLater() {
    EventLoop.atEndOfTurn { [self] in
      for request in allRequests { drop(request) }
      client.close()
      delegate.backendIsGone(self)
    }
  }
}

/// Our own `server/discover` or `initialize`, awaiting its answer.
@EventLoop
final class RemoteHello: Exchange {
  private unowned let backend: RemoteBackend

  init(_ backend: RemoteBackend) { self.backend = backend }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    answered(line, envelope, status: 200)
  }

  /// - Parameter status: of the response, which an older server refuses with.
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope, status: Int) {
    if backend.handshake.isDiscovering {
      let offers = HandshakeAnswer.offersModern(line, envelope)
      if offers {
        backend.introduction = HandshakeAnswer.introduction(line, envelope, revision: .newest)
      }
      backend.perform(backend.handshake.discoverAnswered(offersModern: offers))
    } else {
      let revision = HandshakeAnswer.agreedRevision(line, envelope)
      if let revision {
        backend.introduction = HandshakeAnswer.introduction(line, envelope, revision: revision)
      }
      backend.perform(backend.handshake.initializeAnswered(revision, status: status))
    }
  }

  /// Refused with a status that is a verdict and no message.
  func refused(status: Int) {
    if backend.handshake.isDiscovering {
      backend.perform(backend.handshake.discoverAnswered(offersModern: false))
    } else {
      backend.perform(backend.handshake.initializeAnswered(nil, status: status))
    }
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  /// No answer, which says nothing about an era.
  func failed(_ failure: BackendFailure) {
    backend.end(
      backend.isRenewing ? .crashed(failure.detail) : .failedToStart(failure.detail))
  }
}
