import Backend
import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// One manifest brought to life: started when needed, restarted with patience,
/// stopped when idle.
///
/// ```
///   asleep ──submit──▶ queued ──slot──▶ starting ──handshake──▶ ready
///     ▲                                   │ fails                 │ crashes, or idle
///     └────────── time is over ───────── pausing ◀────────────────┘ (idle: asleep)
/// ```
///
/// Requests wait in order while there is no backend; they fail at once when the
/// service is known to crash again and again. At most one backend takes calls; an
/// earlier one may still be ending beside it.
///
/// Services live as long as the gateway, so nothing refers to them weakly.
@EventLoop
final class Service {
  enum Phase {
    case asleep
    /// Waits for a slot in the start queue.
    case queued
    case starting(ServiceBackend)
    case ready(ServiceBackend)
    /// A start failed or the process crashed; `until` is when the next start is due.
    case pausing(until: Instant)
    /// The gateway ends: nothing starts any more.
    case closed
  }

  let index: Int
  let manifest: ServiceManifest
  /// The identity of its command, under which the state file knows it.
  let digest: String
  /// `limits.timeout` in nanoseconds.
  let patience: Int64
  var phase = Phase.asleep
  /// What it offered when last asked; `nil` if it never was.
  var offer: Offer?
  /// Why the last attempt to start failed, for errors and the status.
  var lastFailure: BackendFailure?
  /// Its process was told less about the client than is known now, and is replaced when idle.
  var isOutdated = false
  /// The era of the requests for which it was last started.
  var startedFor = Era.legacy
  /// How often it has become ready in the life of this gateway.
  var readyCount = 0

  unowned let host: any ServiceHost
  var policy = RestartPolicy()
  var breaker: CircuitBreaker
  /// What went wrong last, for the errors of an open breaker.
  var lastTrouble = ""
  var waiting: [any ServiceRequest] = []
  var ending: [ServiceBackend] = []
  var handshake: Handshake
  private var pauseTimer: LoopTimer?
  var idleTimer: LoopTimer?
  var lastUse = Instant.zero
  /// What it tells unasked; it outlives the processes.
  lazy var feed = ServiceFeed(self)
  /// A second process for the other era, while a client uses both.
  var twin: EraTwin?
  /// The era in which it was last spoken to.
  var readyEra: Era?
  /// A client wants to hear of one of its resources: it must run.
  var isWatched = false
  /// How its URIs are told from those of others; `nil` while none needs to be.
  var uriNames: URINames?
  /// It may answer with tasks.
  var hasTasks = false
  /// Its results name things that clients know by other names, or must be kept in mind.
  var renames = false

  init(index: Int, manifest: ServiceManifest, digest: String, host: any ServiceHost) {
    self.index = index
    self.manifest = manifest
    self.digest = digest
    patience = manifest.limits.timeout.inNanoseconds
    self.host = host
    handshake = Handshake(setting: .auto, knownEra: nil)
    breaker = CircuitBreaker(host.breakerLimits)
  }

  var name: String { manifest.name }
  /// Whether its task ids carry its name: there is more than one service.
  var prefixesTasks = false
  func publicURI(_ own: [UInt8]) -> [UInt8] { uriNames?.publicURI(own) ?? own }
  /// Whether it does not start, or crashes again and again.
  var isOff: Bool { if case .asleep = phase { lastFailure != nil } else { policy.isFlapping } }
  /// Whether a request is with it or waits for it.
  var isBusy: Bool {
    if twin?.service.isBusy == true { return true }
    if case .ready(let backend) = phase { return backend.inFlight > 0 || !waiting.isEmpty }
    return !waiting.isEmpty
  }
  /// Processes that still have to end.
  var liveBackends: [ServiceBackend] {
    ownBackends + (twin?.service.ownBackends ?? [])
  }
  private var ownBackends: [ServiceBackend] {
    switch phase {
    case .starting(let backend), .ready(let backend): ending + [backend]
    default: ending
    }
  }

  // MARK: Requests

  /// The backend for a request right now, if it need not wait for one.
  ///
  /// The hot path: when this is not `nil`, the caller writes its line at once.
  var openBackend: ServiceBackend? {
    guard case .ready(let backend) = phase, backend.isAccepting, waiting.isEmpty, breaker.isClosed,
      backend.inFlight < manifest.limits.concurrent
    else { return nil }
    return backend
  }

  /// Sends `request` as soon as a backend is ready, or fails it.
  func submit(_ request: any ServiceRequest) {
    if let backend = openBackend { return request.send(on: backend) }
    if case .closed = phase {
      return request.failed(unavailable(.shuttingDown, "The gateway is ending."))
    }
    if case .pausing(let until) = phase, policy.isFlapping {
      let detail = lastFailure?.detail ?? "Service '\(name)' crashes again and again."
      let wait = until - EventLoop.now
      return request.failed(unavailable(.unavailable, detail, retryAfter: wait))
    }
    if !breaker.isClosed {
      if !request.isGuarded, case .ready(let backend) = phase, backend.isAccepting {
        return request.send(on: backend)
      }
      guard admitsToWait(request) else { return }
    }
    guard waiting.count < placesToWait else {
      return request.failed(unavailable(.overloaded, "The queue of service '\(name)' is full."))
    }
    waiting.append(request)
    if case .ready = phase { host.callsWait(for: self) }
    wake()
  }

  /// While nothing is worked on, what could be worked on at once waits beside the queue.
  private var placesToWait: Int {
    if case .ready = phase { return manifest.limits.queue }
    return manifest.limits.concurrent + manifest.limits.queue
  }

  /// Forgets a request that has not been sent.
  func withdraw(_ request: any ServiceRequest) { waiting.removeAll { $0 === request } }

  func sendWaiting() {
    while let next = nextWaiting, case .ready(let backend) = phase, backend.isAccepting,
      backend.inFlight < manifest.limits.concurrent
    {
      waiting.remove(at: next).send(on: backend)
    }
  }

  /// While the breaker is not closed, calls go on waiting.
  private var nextWaiting: Int? {
    breaker.isClosed ? waiting.indices.first : waiting.firstIndex { !$0.isGuarded }
  }

  private func failWaiting(_ failure: BackendFailure) {
    let requests = waiting
    waiting.removeAll()
    for request in requests { request.failed(failure) }
  }

  func unavailable(
    _ reason: BackendFailure.Reason, _ detail: String, retryAfter: Duration? = nil
  ) -> BackendFailure {
    BackendFailure(reason, wasSent: false, detail: detail, retryAfter: retryAfter)
  }

  // MARK: Starting

  /// Starts the service unless it runs, is about to, or must pause.
  func wake() {
    if case .ready(let backend) = phase, !backend.isAccepting {
      ending.append(backend)
      phase = .asleep
    }
    guard case .asleep = phase else { return }
    phase = .queued
    startedFor = host.clientEra
    handshake = Handshake(
      setting: handshakeSetting, knownEra: host.knownEra(of: self), preferred: startedFor)
    host.startQueue.enter(self) { [unowned self] in start() }
  }

  /// A slot is ours; it is given back in `becameReady` or `startFailed`.
  func start() {
    guard case .queued = phase else { return host.startQueue.leave() }
    if let remote = manifest.remote { return startRemote(remote) }
    do {
      let spec = try host.launch(self)
      policy.started(at: EventLoop.now)
      let backend = try ProcessBackend(
        spec, service: name, handshake: handshake, settings: host.settings(for: self),
        delegate: self, log: host.log)
      phase = .starting(backend)
      host.childStarted(backend, of: self)
      host.log(.info, "service.starting", ["service": name, "pid": String(backend.pid)])
      for request in waiting { request.serviceStarted() }
    } catch let error as Launch.Failure {
      startFailed(unavailable(.unavailable, explain(error)))
    } catch let error as SpawnError {
      let reason: BackendFailure.Reason = error.reason == .descriptors ? .descriptors : .unavailable
      startFailed(unavailable(reason, "Service '\(name)' cannot start. \(error)"))
    } catch {
      startFailed(unavailable(.unavailable, "Service '\(name)' cannot start."))
    }
  }

  /// Nothing was started: no use in trying again before somebody asks.
  func startFailed(_ failure: BackendFailure) {
    phase = .asleep
    lastFailure = failure
    host.startQueue.leave()
    host.log(.error, "service.cannot_start", ["service": name, "why": failure.detail])
    host.serviceFailed(self, failure)
    failWaiting(failure)
  }

  // MARK: Ending

  /// Ends every process of this service and starts no more.
  func close(_ patience: StopSequence.Patience) {
    twin?.service.close(patience)
    if case .queued = phase { host.startQueue.withdraw(self) }
    let backends = ownBackends
    if case .starting = phase { host.startQueue.leave() }
    ending = backends
    phase = .closed
    pauseTimer?.stop()
    idleTimer?.stop()
    failWaiting(unavailable(.shuttingDown, "The gateway is ending."))
    for backend in backends { backend.stop(patience) }
  }

  func pause(_ failure: BackendFailure) {
    let now = EventLoop.now
    let isRemote = manifest.remote != nil
    if !isRemote { policy.failed(at: now, random: Double.random(in: 0..<1)) }
    let until = isRemote ? now + Self.remotePause : policy.nextStart(after: now) ?? now
    let delay = until - now
    phase = .pausing(until: until)
    lastFailure = failure
    host.log(
      policy.isFlapping ? .error : .warning, "service.failed",
      [
        "service": name, "why": failure.detail, "flapping": String(policy.isFlapping),
        "retry_ms": String(delay.inMilliseconds),
      ])
    host.serviceFailed(self, failure)
    if policy.isFlapping || isRemote {
      var told = failure
      told.retryAfter = delay
      failWaiting(told)
    }
    let timer = pauseTimer ?? LoopTimer { [unowned self] in pauseOver() }
    pauseTimer = timer
    timer.start(after: delay)
  }

  private func pauseOver() {
    guard case .pausing = phase else { return }
    phase = .asleep
    if !waiting.isEmpty || isWatched || manifest.process.start == .always { wake() }
  }
}
