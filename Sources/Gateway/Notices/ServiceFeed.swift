import Backend
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// What one service tells without being asked each time: changes of its lists and
/// resources, and log messages.
///
/// It outlives the service's processes. Each new one is asked again for what the
/// last one had agreed to; then the watched resources count as changed, because
/// nobody knows what happened meanwhile. While a resource is watched the service is
/// not stopped for idleness and is started again when it crashes; changes of lists
/// alone keep no service awake, since its lists are asked for at its next start.
@EventLoop
final class ServiceFeed {
  unowned let service: Service

  var refresh = RefreshPace()
  var freshness = Freshness()
  var logWishes = LogWishes()
  var gate = FloodGate()
  var tasks = OpenTasks()
  /// Its own names of tools that it runs as tasks of the extension only.
  var taskOnlyTools: Set<[UInt8]> = []
  var refreshTimer: LoopTimer?
  var gateTimer: LoopTimer?
  /// When the client was last told that calls wait for the service.
  var lastWaiting: Instant?
  /// When its tools were last asked for because one of them was unknown to it.
  var lastDoubt: Instant?
  /// It ended by itself, or did not start, and has not been ready since.
  var hasFailed = false
  /// The log levels that processes were told, by their numbers: there may be one for each era.
  private var toldLevels: [ObjectIdentifier: LogLevel] = [:]

  /// Resources that the service has agreed to tell about, by its own URIs.
  private(set) var agreed: Set<[UInt8]> = []
  /// Tasks about which a modern service has agreed to tell, by its own ids, and for how many
  /// listens; they end with its process.
  private var watchedTasks: [[UInt8]: Int] = [:]
  /// Requests for the next listen.
  private var asking: [WatchRequest] = []
  private var backend: ServiceBackend?
  /// The acknowledged listen at a modern service, and the one that will replace it.
  private var current: UpstreamListen?
  private var next: UpstreamListen?
  private var relistenIsDue = false
  private var relistenTimer: LoopTimer?
  private var openings = 0

  init(_ service: Service) { self.service = service }

  // MARK: Resources

  /// Asks the service to tell when a resource changes; starts it if it sleeps.
  func want(_ uri: [UInt8], _ finish: @escaping @EventLoop (WatchRequest.Outcome) -> Void) {
    if agreed.contains(uri) { return finish(.agreed) }
    let request = WatchRequest(uri, feed: self) { [unowned self] outcome in
      if case .agreed = outcome {
        agreed.insert(uri)
        service.isWatched = true
      }
      finish(outcome)
    }
    service.submit(request)
  }

  /// Nobody wants to hear of a resource any more.
  func unwant(_ uri: [UInt8]) {
    guard agreed.remove(uri) != nil else { return }
    service.isWatched = !agreed.isEmpty
    guard let backend, backend.isAccepting else { return }
    if backend.revision.era == .legacy {
      backend.send(Messages.unsubscribe(backend.nextID, from: uri), for: UnheededExchange())
    } else {
      relistenSoon()
    }
  }

  /// Asks a modern service that runs to tell when a task changes.
  func want(task id: [UInt8], _ finish: @escaping @EventLoop (Bool) -> Void) {
    if let count = watchedTasks[id] {
      watchedTasks[id] = count + 1
      return finish(true)
    }
    guard let backend = openBackend else { return finish(false) }
    let request = WatchRequest(id, subject: .task, feed: self) { [unowned self] outcome in
      var isAgreed = false
      if case .agreed = outcome { isAgreed = true }
      if isAgreed { watchedTasks[id, default: 0] += 1 }
      finish(isAgreed)
    }
    request.send(on: backend)
  }

  func unwant(task id: [UInt8]) {
    guard let count = watchedTasks[id] else { return }
    watchedTasks[id] = count > 1 ? count - 1 : nil
    if count == 1, openBackend?.revision.era == .modern { relistenSoon() }
  }

  /// A new process is ready; nothing else has been sent to it yet.
  func opened(_ backend: ServiceBackend) {
    self.backend = backend
    (current, next) = (nil, nil)
    // They ended with the process that had them.
    tasks.removeAll()
    watchedTasks.removeAll()
    let isAnother = openings > 0
    openings += 1
    if backend.revision.era == .modern { return relisten() }
    for uri in agreed {
      let request = WatchRequest(uri, feed: self) { [unowned self] outcome in
        if case .agreed = outcome {
          if isAnother { service.host.resourceMayHaveChanged(uri, of: service) }
        } else {
          lost(uri)
        }
      }
      request.send(on: backend)
    }
  }

  /// A process takes no more requests.
  func closed(_ backend: ServiceBackend) {
    toldLevels[ObjectIdentifier(backend)] = nil
    guard self.backend === backend else { return }
    (self.backend, current, next) = (nil, nil, nil)
  }

  private func lost(_ uri: [UInt8]) {
    service.host.log(
      .warning, "subscription.lost", ["service": service.name, "uri": Printable.text(uri)])
    agreed.remove(uri)
    service.isWatched = !agreed.isEmpty
  }

  // MARK: Listening to a modern service

  func listen(for request: WatchRequest) {
    asking.append(request)
    relistenSoon()
  }

  private func relistenSoon() {
    guard !relistenIsDue else { return }
    relistenIsDue = true
    EventLoop.atEndOfTurn { [unowned self] in relisten() }
  }

  /// Opens a listen for everything that is wanted now. The present one is cancelled when the new
  /// one is acknowledged, so that nothing falls between them.
  private func relisten() {
    relistenIsDue = false
    guard let backend, backend.isAccepting, backend.revision.era == .modern else { return }
    let lists = Announcement.allCases.filter { declares($0) }
    let requests = (next?.requests ?? []) + asking
    let uris = agreed.union(requests.filter { $0.subject == .resource }.map(\.uri))
    let tasks = Set(watchedTasks.keys).union(requests.filter { $0.subject == .task }.map(\.uri))
    next?.requests = []
    next?.cancel()
    next = nil
    asking = []
    guard !lists.isEmpty || !uris.isEmpty || !tasks.isEmpty else {
      current?.cancel()
      current = nil
      return
    }
    next = UpstreamListen(
      on: backend, feed: self, lists: lists, uris: uris, tasks: tasks, requests: requests)
  }

  private func declares(_ announcement: Announcement) -> Bool {
    guard let capabilities = backend?.introduction?.capabilities, !capabilities.isEmpty else {
      return false
    }
    let bytes = capabilities.span.bytes
    let whole = ByteRange(start: 0, end: capabilities.count)
    let capability = JSON.member(announcement.capability, of: whole, in: bytes)
    return !JSON.member("listChanged", of: capability, in: bytes).isAbsent
  }

  /// The service has acknowledged a listen of ours; other ids are ignored.
  func acknowledged(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let bytes = line.bytes
    guard let listen = next,
      JSON.integer(envelope.subscriptionId, in: bytes) == Int64(exactly: listen.id)
    else { return }
    let notifications = JSON.member("notifications", of: envelope.params, in: bytes)
    func texts(_ key: StaticString) -> Set<[UInt8]> {
      var found: Set<[UInt8]> = []
      JSON.forEachElement(of: JSON.member(key, of: notifications, in: bytes), in: bytes) {
        if let text = JSON.string($0, in: bytes) { found.insert(text) }
      }
      return found
    }
    let honoured = texts("resourceSubscriptions")
    let tasks = texts("taskIds")
    let isAfterRestart = current == nil && openings > 1
    current?.cancel()
    current = listen
    next = nil
    let held = agreed.intersection(listen.uris)
    let requests = listen.requests
    listen.requests = []
    for request in requests {
      request.acknowledged((request.subject == .task ? tasks : honoured).contains(request.uri))
    }
    for uri in held {
      if !honoured.contains(uri) {
        lost(uri)
      } else if isAfterRestart {
        service.host.resourceMayHaveChanged(uri, of: service)
      }
    }
  }

  /// Whether a notification of a modern service belongs to the listen that is open.
  func isOfCurrentListen(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard let current else { return false }
    return JSON.integer(envelope.subscriptionId, in: line.bytes) == Int64(exactly: current.id)
  }

  /// A listen was ended by the service, or refused.
  func listenEnded(_ listen: UpstreamListen, wasRefused: Bool) {
    if current === listen { current = nil }
    if next === listen { next = nil }
    guard !wasRefused else { return }
    let timer = relistenTimer ?? LoopTimer { [unowned self] in relisten() }
    relistenTimer = timer
    timer.start(after: .seconds(1))
  }

  // MARK: Log levels

  /// Tells a process the lowest level that anybody asks for, if it is legacy and has a log; modern
  /// ones are told with each request.
  func tellLevel(_ wanted: LogLevel?, on backend: ServiceBackend) {
    let key = ObjectIdentifier(backend)
    guard backend.revision.era == .legacy, let wanted, wanted != toldLevels[key],
      declaresLogging(backend)
    else { return }
    toldLevels[key] = wanted
    backend.send(Messages.setLevel(backend.nextID, to: wanted.name), for: UnheededExchange())
  }

  private func declaresLogging(_ backend: ServiceBackend) -> Bool {
    guard let capabilities = backend.introduction?.capabilities, !capabilities.isEmpty else {
      return false
    }
    let whole = ByteRange(start: 0, end: capabilities.count)
    return !JSON.member("logging", of: whole, in: capabilities.span.bytes).isAbsent
  }

  /// The present process, if it takes requests.
  var openBackend: ServiceBackend? { backend.flatMap { $0.isAccepting ? $0 : nil } }
}
