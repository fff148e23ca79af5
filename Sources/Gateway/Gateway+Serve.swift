import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// The way of one request: what is answered here, and what goes to a service.
extension Gateway: ClientSessionDelegate {
  func serve(_ request: Incoming, of session: ClientSession) {
    do throws(CallError) {
      // Beyond this many, waiting helps nobody (row C22).
      guard session.ledger.hasRoom else {
        throw CallError.tooManyInFlight(session.limits.clientCalls)
      }
      switch request.envelope.method {
      case .initialize: try initialize(request)
      case .discover: try discover(request)
      case .ping where request.client.era == .legacy:
        session.reply(to: request.id, result: Array("{}".utf8))
      case .toolsList: try list(.tools, request)
      case .promptsList: try list(.prompts, request)
      case .resourcesList: try list(.resources, request)
      case .resourcesTemplatesList: try list(.templates, request)
      case .toolsCall where views != nil: try callShown(request)
      case .toolsCall: try call(.tools, request)
      case .promptsGet where views != nil: try getShown(request)
      case .promptsGet: try call(.prompts, request)
      case .resourcesRead: try read(request)
      case .completionComplete: try complete(request)
      case .subscriptionsListen where request.client.era == .modern: try listen(request)
      case .resourcesSubscribe where request.client.era == .legacy: try subscribe(request)
      case .resourcesUnsubscribe where request.client.era == .legacy: try unsubscribe(request)
      case .loggingSetLevel where request.client.era == .legacy: try setLogLevel(request)
      case .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate: try callTask(request)
      case .tasksList where request.client.era == .legacy: try listTasks(request)
      case .unknown: if try !explains(request) { try callCustom(request) }
      default: throw CallError.methodNotFound(shownMethod(of: request))
      }
    } catch {
      session.reply(to: request.id, error: error)
    }
  }

  func shownMethod(of request: Incoming) -> String {
    Printable.text(JSON.string(request.envelope.methodText, in: request.line.bytes) ?? [])
  }

  // MARK: Lists

  private func list(_ kind: Offer.Kind, _ request: Incoming) throws(CallError) {
    if waitsForDiscovery(request) { return }
    let bytes = request.line.bytes
    var cursor: [UInt8]?
    if !request.envelope.cursor.isAbsent {
      guard let text = JSON.string(request.envelope.cursor, in: bytes) else {
        throw .invalidParams("The cursor is not a string.", reason: "invalid_cursor")
      }
      cursor = text
    }
    let era = request.client.era
    guard let page = page(kind, cursor: cursor, for: request) else {
      throw .invalidParams(
        "The cursor is not one of this list, or the list has changed; start without one.",
        reason: "invalid_cursor")
    }
    var result: [UInt8] = [UInt8(ascii: "{")]
    if era == .modern {
      result += "\(ModernResult.complete),\"ttlMs\":\(listLifetime.inMilliseconds),".utf8
      result += #""cacheScope":"private","#.utf8 + session.identity.meta + [UInt8(ascii: ",")]
    }
    listed.insert(Announcement(kind))
    result += page
    result.append(UInt8(ascii: "}"))
    session.reply(to: request.id, result: result)
  }

  // MARK: Calls

  /// The order of the policies of a call. Each line says who it refuses and why.
  func call(_ kind: Offer.Kind, _ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    let range = request.envelope.name
    // A call without a name is no call.
    guard JSON.isString(range, in: bytes) else {
      throw .invalidParams("params.name must be a string.")
    }
    // Names are looked up as bytes, in the catalogue the client was shown.
    guard let entry = catalogue.entry(kind, namedAt: range, in: request.line) else {
      let name = JSON.string(range, in: bytes) ?? []
      // It may belong to a service that has not been asked yet.
      if waitsForDiscovery(request) { return }
      throw refusal(kind, name: name)
    }
    // What the schema refuses does not go to the service, if its manifest says so (row C18).
    if let schema = entry.arguments, try refusesArguments(of: request, for: entry, by: schema) {
      return
    }
    if entry.isPlanned {
      let isProcess = entry.service < RESTService.firstIndex
      return try startPlanned(request, entry, isProcess ? try taskRole(of: entry, request) : .none)
    }
    guard entry.service < RESTService.firstIndex else { return try startREST(request, entry) }
    // As a task only what can be one; a tool that must be one is made one.
    let role =
      entry.taskSupport == .forbidden && request.envelope.task.isAbsent
      ? TaskRole.none : try taskRole(of: entry, request)
    try start(
      request, on: slots[entry.service], entry: entry, nameRange: range, taskRole: role)
  }

  private func read(_ request: Incoming) throws(CallError) {
    guard let uri = JSON.string(request.envelope.uri, in: request.line.bytes) else {
      throw .invalidParams("params.uri must be a string.")
    }
    if try readSurface(uri, request) { return }
    guard let target = target(of: uri, for: request) else {
      if waitsForDiscovery(request) { return }
      throw refusal(uri: uri, client: request.client)
    }
    let service = slots[target.service]
    var read: KeptRead?
    if takesFromKept(request, target.own, of: service, &read) { return }
    do throws(CallError) {
      try start(
        request, on: service, nameRange: request.envelope.uri,
        ownName: ownURI(target.own, of: uri), read: read)
    } catch {
      read?.ended(.refused)
      throw error
    }
  }

  /// What a request must say in place of `uri`, as JSON; `nil` if the service calls it so too.
  private func ownURI(_ own: [UInt8], of uri: [UInt8]) -> [UInt8]? {
    guard own != uri else { return nil }
    var quoted: [UInt8] = []
    JSON.appendQuoted(own, to: &quoted)
    return quoted
  }

  private func complete(_ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    let ref = JSON.member("ref", of: request.envelope.params, in: bytes)
    if JSON.equals(JSON.member("type", of: ref, in: bytes), "ref/prompt", in: bytes) {
      let range = JSON.member("name", of: ref, in: bytes)
      guard let name = JSON.string(range, in: bytes) else {
        throw .invalidParams("params.ref.name must be a string.")
      }
      guard let entry = name.withUnsafeBytes({ catalogue.entry(.prompts, named: $0) }),
        shows(entry.service, to: request)
      else {
        if waitsForDiscovery(request) { return }
        throw view(of: request).map { refusal(.prompts, name: name, in: $0) }
          ?? refusal(.prompts, name: name)
      }
      let own = entry.newName(for: entry.service)
      return try start(request, on: slots[entry.service], nameRange: range, ownName: own)
    }
    let range = JSON.member("uri", of: ref, in: bytes)
    guard let uri = JSON.string(range, in: bytes) else {
      throw .invalidParams(
        "params.ref must be a ref/prompt with a name or a ref/resource with a uri.")
    }
    guard let target = catalogue.resolveReference(uri), shows(target.service, to: request) else {
      if waitsForDiscovery(request) { return }
      throw refusal(uri: uri, client: request.client)
    }
    try start(
      request, on: slots[target.service], nameRange: range,
      ownName: ownURI(target.own, of: uri))
  }

  func start(
    _ request: Incoming, on service: Service, entry: Catalogue.Entry? = nil,
    nameRange: ByteRange = .absent, ownName: [UInt8]? = nil, taskRole: TaskRole = .none,
    plan: CallPlan? = nil, read: KeptRead? = nil
  ) throws(CallError) {
    // The gateway ends: what has not begun does not begin.
    guard ending == nil else { throw .shuttingDown }
    let token = request.envelope.progressToken
    // A token must be a string or an integer, else no progress could be sent (row C21).
    guard token.isAbsent || RequestID.isLegal(token, in: request.line.bytes) else {
      throw .invalidParams("params._meta.progressToken must be a string or an integer.")
    }
    var state: [UInt8] = []
    if !request.envelope.requestState.isAbsent, request.client.era == .modern,
      try takesAsReturn(request, on: service, entry, state: &state)
    {
      return
    }
    let service = service.lane(for: request.client.era)
    let level = request.wantedLevel
    let times = CallTimes(
      start: plan?.start ?? EventLoop.turnTime,
      // The result of a task takes as long as the task.
      patience: request.envelope.method == .tasksResult ? absoluteTime : service.patience,
      absolute: absoluteTime)
    let call: Call
    if let plan, let spent = plan.takeSpent(at: service) {
      call = spent
      call.begin(
        again: request.id, client: request.client,
        token: ShortBytes(token, in: request.line.bytes), nameRange: nameRange, times: times,
        logLevel: level, taskRole: taskRole, plan: plan)
    } else {
      call = Call(
        session: session, id: request.id, client: request.client,
        method: request.envelope.method, service: service, entry: entry,
        token: ShortBytes(token, in: request.line.bytes), nameRange: nameRange, times: times,
        logLevel: level, taskRole: taskRole, plan: plan)
    }
    if let ownName { call.needExtras().ownName = ownName }
    if !state.isEmpty { call.needExtras().requestState = state }
    if let read { call.needExtras().read = read }
    if wantsSpans, let parent = traceParent(of: request) { call.needExtras().trace = parent }
    if let level { service.feed.logWishes.add(level) }
    session.ledger.open(request.id, call)
    call.start(request.line, request.envelope)
    if taskRole.mayBecomeOurs(request.client.era) { offerTask(call, request) }
  }

  /// The one service with resources: URIs that it never listed go to it.
  func onlyResource(_ uri: [UInt8]) -> (service: Int, own: [UInt8])? {
    let owners = services.filter { $0.offer?.declares("resources") == true }
    guard owners.count == 1, undiscovered.isEmpty, let owner = owners.first else { return nil }
    return (owner.index, uri)
  }

  // MARK: Waiting for discovery

  /// Parks a request until every service has been asked, at most once and only so long.
  func waitsForDiscovery(_ request: Incoming) -> Bool {
    guard !request.hasWaited, ending == nil else { return false }
    var wait = configuration.gateway.discovery.wait
    if !lacksOffers(for: request), !isStale(for: request.envelope.method) {
      guard askExpired() else { return false }
      wait = min(wait, Gateway.freshnessWait)
    } else if request.envelope.method.isCall {
      // A list can be given without a service that is slow to start; a call cannot.
      wait = max(wait, configuration.gateway.deadlines.call)
    }
    if request.envelope.method.isCall, let why = callLoad.refusal(bytes: request.line.count) {
      session.reply(to: request.id, error: .tooMuchWaits(why))
      return true
    }
    park(request, for: wait)
    return true
  }

  /// Keeps a request until services have been asked, but not longer than `time`.
  func park(_ request: Incoming, for time: Duration) {
    let deadline = EventLoop.now + time
    let size = request.line.count
    callLoad.keep(bytes: size)
    let waiting = ParkedRequest(request, of: session, until: deadline) { [unowned self] done in
      parked.removeAll { $0 === done }
      callLoad.letGo(bytes: size)
    }
    parked.append(waiting)
  }

  /// Serves what waited for the service that has just been discovered, or for the last one.
  func resumeParked() {
    let isComplete =
      undiscovered.isEmpty
      && !services.contains { $0.feed.refresh.isAnsweringService || $0.feed.freshness.isAsking }
    for waiting in parked where isComplete || waiting.leadsSomewhere(isKnown) {
      waiting.resume()
    }
  }

  /// Whether a call's name or URI is in the catalogue; a list waits for all services.
  private func isKnown(_ request: Incoming) -> Bool {
    let envelope = request.envelope
    if let view = view(of: request) { return isKnown(request, in: view) }
    switch envelope.method {
    case .toolsCall: return catalogue.entry(.tools, namedAt: envelope.name, in: request.line) != nil
    case .promptsGet:
      return catalogue.entry(.prompts, namedAt: envelope.name, in: request.line) != nil
    case .resourcesRead:
      let uri = JSON.string(envelope.uri, in: request.line.bytes) ?? []
      return catalogue.resolve(uri) != nil
    default: return false
    }
  }

  // MARK: The session

  func outputIsFull(_ session: ClientSession, _ isFull: Bool) {
    for service in slots.all {
      for backend in service.liveBackends { backend.setPaused(isFull) }
    }
    for service in slots.allREST { service.setPaused(isFull) }
  }
}
