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
    /// Waits for services that come before it.
    case held
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
  // Read for each call and changed by a reload alone, which no call is in the middle of.
  @exclusivity(unchecked) var manifest: ServiceManifest
  /// The identity of its command, under which the state file knows it.
  var digest: String
  /// `limits.timeout` in nanoseconds.
  @exclusivity(unchecked) var patience: Int64
  /// The manifest's; asked there, it would copy the manifest for each call across eras.
  var leavesEraOpen: Bool
  var phase = Phase.asleep { didSet { host.phaseChanged(of: self) } }
  /// What it offered when last asked; `nil` if it never was.
  var offer: Offer?
  /// What it offered was said by a process that was started otherwise.
  var hasStaleOffer = false
  /// Why the last attempt to start failed, for errors and the status.
  var lastFailure: BackendFailure?
  /// Why nothing is known of what it offers, or of its tools, once it was asked in vain.
  var lack: BackendFailure?
  /// Its process was told less about the client than is known now, and is replaced when idle.
  var isOutdated = false
  /// The era of the requests for which it was last started.
  var startedFor = Era.legacy
  /// How often its era was guessed because it did not answer the question.
  var silentStarts = 0
  /// What it may ask of a client (`asks` of the manifest).
  let allowed: ClientAbilities
  /// The last client it was told about, and what it was told.
  private var told: (all: ClientProfile, allowed: ClientProfile)?
  /// How often it has become ready in the life of this gateway.
  var readyCount = 0

  unowned let host: any ServiceHost
  var policy = RestartPolicy()
  @exclusivity(unchecked) var breaker: CircuitBreaker
  /// What went wrong last, for the errors of an open breaker.
  var lastTrouble = ""
  /// How long calls took lately, and nanoseconds.
  var callTime = CallTime()
  /// Answers slowly or with trouble; said by the health checks.
  var isDegraded = false
  /// When it was last started though calls go past it.
  var lastRevival = Instant(nanoseconds: .min)
  var waiting = WaitingLine()
  /// What it shares with all other services.
  let callLoad: CallLoad
  /// What it has in common with others, once that was looked for.
  var group: RouteGroup?
  var ending: [ServiceBackend] = []
  /// Those of `ending` that still answer what they were asked before they were replaced.
  var draining: [ServiceBackend] = []
  /// It is not served any more: it ends when nothing is in flight with it.
  var isLeaving = false
  /// What has to be done before its process can be started; nil until something had to.
  var preparation: ServicePreparation?
  var leavingTimer: LoopTimer?
  var handshake: Handshake
  var pauseTimer: LoopTimer?
  var idleTimer: LoopTimer?
  var lastUse = Instant.zero
  /// It has left a ping unanswered and answered other things.
  var ignoresPing = false
  /// What has just been answered or given up is a health check.
  var endedCheck = false
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
  /// It may answer with tasks of the extension.
  var makesExtensionTasks = false
  /// Its results name things that clients know by other names, or must be kept in mind.
  var renames = false

  init(index: Int, manifest: ServiceManifest, digest: String, host: any ServiceHost) {
    self.index = index
    self.manifest = manifest
    self.digest = digest
    patience = manifest.limits.timeout.inNanoseconds
    leavesEraOpen = manifest.leavesEraOpen
    allowed = ClientAbilities(allowed: manifest.asks)
    self.host = host
    callLoad = host.callLoad
    handshake = Handshake(setting: .auto, knownEra: nil)
    breaker = CircuitBreaker(host.breakerLimits)
  }

  var name: String { manifest.name }
  /// Whether its task ids carry its name: there is more than one service.
  var prefixesTasks = false
  func publicURI(_ own: [UInt8]) -> [UInt8] { uriNames?.publicURI(own) ?? own }
  /// Its processes that take requests.
  var acceptingBackends: [ServiceBackend] { liveBackends.filter(\.isAccepting) }
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

  /// What the service is told of a client: nothing that it may not ask for.
  func profile(of client: ClientProfile) -> ClientProfile {
    if client.abilities.isSubset(of: allowed) { return client }
    if let told, told.all === client { return told.allowed }
    let profile = ClientProfile(
      client.abilities.intersection(allowed), extensions: client.extensions)
    told = (client, profile)
    return profile
  }

  // MARK: Requests

  /// The backend for a request right now, if it need not wait for one.
  ///
  /// The hot path: when this is not `nil`, the caller writes its line at once.
  var openBackend: ServiceBackend? {
    guard case .ready(let backend) = phase, backend.isAccepting, waiting.isEmpty, breaker.isClosed,
      backend.inFlight < manifest.limits.concurrent, callLoad.hasRoom
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
    if let full = refusalToWait(request) { return request.failed(full) }
    waiting.append(request, in: callLoad)
    if case .ready = phase { host.callsWait(for: self) }
    wake()
  }

  private func failWaiting(_ failure: BackendFailure) {
    for request in waiting.removeAll() { request.failed(failure) }
  }

  // MARK: Starting

  /// Starts the service unless it runs, is about to, or must pause.
  func wake() {
    if isLeaving, waiting.isEmpty { return }
    if case .ready(let backend) = phase, !backend.isAccepting {
      ending.append(backend)
      phase = .asleep
    }
    guard case .asleep = phase else { return }
    startInOrder()
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
      for request in waiting.all { request.serviceStarted() }
    } catch let error as Launch.Failure {
      startFailed(unavailable(.unavailable, explain(error)))
    } catch let error as SpawnError {
      let reason: BackendFailure.Reason = error.reason == .descriptors ? .descriptors : .unavailable
      startFailed(unavailable(reason, "Service '\(name)' cannot start. \(error)"))
    } catch {
      startFailed(unavailable(.unavailable, "Service '\(name)' cannot start."))
    }
  }

  func startFailed(_ failure: BackendFailure) {
    host.startQueue.leave()
    cannotStart(failure)
  }

  /// Nothing was started: no use in trying again before somebody asks.
  func cannotStart(_ failure: BackendFailure) {
    phase = .asleep
    lastFailure = failure
    host.log(.error, "service.cannot_start", ["service": name, "why": failure.detail])
    host.serviceFailed(self, failure)
    failWaiting(failure)
  }

  // MARK: Ending

  /// Ends every process of this service and starts no more.
  func close(_ patience: StopSequence.Patience) {
    twin?.service.close(patience)
    preparation?.stop()
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
    sendElsewhere(failure)
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
    if !waiting.isEmpty || mustRun { wake() }
  }
}
