import Backend
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// `subscriptions/listen` of modern clients, `resources/subscribe` and
/// `resources/unsubscribe` of legacy ones.
extension Gateway {
  /// Resources that one listen may name.
  static let resourcesPerListen = 1_000

  func listen(_ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    let filter = JSON.member("notifications", of: request.envelope.params, in: bytes)
    guard JSON.isObject(filter, in: bytes) else {
      throw .invalidParams("params.notifications must be an object.")
    }
    let named = try texts("resourceSubscriptions", in: filter, of: request)
    // What a profile hides is not there.
    let uris = named.filter { catalogue.resolve($0).map { shows($0.service, to: request) } ?? true }
    let tasks = try texts("taskIds", in: filter, of: request)
    if uris.contains(where: { catalogue.resolve($0) == nil }), waitsForDiscovery(request) { return }
    let asked = Announcement.allCases.filter { announcement in
      let value = JSON.member(announcement.filter, of: filter, in: bytes)
      return request.line[value.start..<value.end].elementsEqual("true".utf8)
    }
    let subscription = ListenSubscription(request.id, Set(asked), session: session) {
      [unowned self] id in forget(listen: id)
    }
    listeners[request.id] = subscription
    session.ledger.open(request.id, subscription)
    watch(uris, tasks, for: subscription)
  }

  private func texts(
    _ key: StaticString, in filter: ByteRange, of request: Incoming
  ) throws(CallError) -> [[UInt8]] {
    let bytes = request.line.bytes
    let list = JSON.member(key, of: filter, in: bytes)
    var uris: [[UInt8]] = []
    var isValid = true
    JSON.forEachElement(of: list, in: bytes) { element in
      guard let uri = JSON.string(element, in: bytes) else {
        isValid = false
        return
      }
      if !uris.contains(uri), uris.count <= Self.resourcesPerListen { uris.append(uri) }
    }
    guard isValid else {
      throw .invalidParams("params.notifications.\(key) must be a list of strings.")
    }
    guard uris.count <= Self.resourcesPerListen else {
      throw .invalidParams(
        "A subscription names at most \(Self.resourcesPerListen) resources, and tasks.",
        reason: "too_many_resources")
    }
    return uris
  }

  /// Asks each service about its resources; the listen is acknowledged with those it agreed to.
  private func watch(
    _ uris: [[UInt8]], _ tasks: [[UInt8]], for subscription: ListenSubscription
  ) {
    let id = subscription.id
    // One more, so that what is answered at once does not acknowledge too early.
    subscription.openQuestions = 1
    defer { settle(subscription, uris) }
    watch(tasks: tasks, for: subscription) { [unowned self] in settle(subscription, uris) }
    var questions: [(service: Service, own: [UInt8], asked: [UInt8])] = []
    for uri in uris where subscriptions.count < ResourceSubscriptions.limit {
      guard let target = catalogue.resolve(uri) ?? onlyResource(uri) else { continue }
      let resource = ResourceSubscriptions.Resource(service: target.service, uri: target.own)
      subscriptions.add(.listen(id), to: resource, as: uri)
      questions.append((slots[target.service], target.own, uri))
    }
    subscription.openQuestions += questions.count
    for question in questions {
      question.service.feed.want(question.own) { [unowned self] outcome in
        let isOpen = listeners[id] === subscription
        if case .agreed = outcome, isOpen {
          subscription.honouredURIs.append(question.asked)
        } else {
          release(.listen(id), question.own, of: question.service)
        }
        settle(subscription, uris)
      }
    }
  }

  /// One question is answered; the last one acknowledges the listen.
  private func settle(_ subscription: ListenSubscription, _ uris: [[UInt8]]) {
    subscription.openQuestions -= 1
    guard subscription.openQuestions == 0, listeners[subscription.id] === subscription else {
      return
    }
    subscription.acknowledge(uris)
  }

  private func forget(listen id: RequestID) {
    let subscription = listeners.removeValue(forKey: id)
    for task in subscription?.honouredTasks ?? [] { unwatch(task: task) }
    for resource in subscriptions.removeAll(of: .listen(id)) {
      slots[resource.service].feed.unwant(resource.uri)
    }
  }

  /// Takes one subscriber away, and tells the service if it was the last.
  func release(
    _ subscriber: ResourceSubscriptions.Subscriber, _ own: [UInt8], of service: Service
  ) {
    let resource = ResourceSubscriptions.Resource(service: service.index, uri: own)
    subscriptions.remove(subscriber, from: resource)
    if !subscriptions.isWanted(resource) { service.feed.unwant(own) }
  }

  // MARK: Legacy clients

  func subscribe(_ request: Incoming) throws(CallError) {
    guard let uri = JSON.string(request.envelope.uri, in: request.line.bytes) else {
      throw .invalidParams("params.uri must be a string.")
    }
    guard let target = target(of: uri, for: request) else {
      if waitsForDiscovery(request) { return }
      throw refusal(uri: uri, client: request.client)
    }
    guard ending == nil else { throw .shuttingDown }
    guard subscriptions.count < ResourceSubscriptions.limit else {
      throw .tooManyInFlight(ResourceSubscriptions.limit)
    }
    let service = slots[target.service]
    let resource = ResourceSubscriptions.Resource(service: service.index, uri: target.own)
    subscriptions.add(.session, to: resource, as: uri)
    let asked = SubscribeRequest(request.id, session: session, service: service)
    session.ledger.open(request.id, asked)
    service.feed.want(target.own) { [unowned self] outcome in
      if case .agreed = outcome, asked.isWanted {
        if !subscriptions.isWanted(resource) { service.feed.unwant(target.own) }
      } else {
        release(.session, target.own, of: service)
      }
      asked.finish(outcome)
    }
  }

  func unsubscribe(_ request: Incoming) throws(CallError) {
    guard let uri = JSON.string(request.envelope.uri, in: request.line.bytes) else {
      throw .invalidParams("params.uri must be a string.")
    }
    if let target = target(of: uri, for: request) {
      release(.session, target.own, of: slots[target.service])
    }
    // What nobody had subscribed to is not subscribed to now: that is no error.
    session.reply(to: request.id, result: Array("{}".utf8))
  }
}

/// `resources/subscribe` of a legacy client while the service is asked.
@EventLoop
final class SubscribeRequest: ClientRequest {
  let deadline: Instant
  /// The client has neither cancelled it nor got its answer.
  private(set) var isWanted = true
  private let id: RequestID
  private let session: ClientSession
  private let service: Service

  init(_ id: RequestID, session: ClientSession, service: Service) {
    self.id = id
    self.session = session
    self.service = service
    deadline = EventLoop.turnTime.advanced(byNanoseconds: service.patience)
  }

  func finish(_ outcome: WatchRequest.Outcome) {
    guard take() else { return }
    switch outcome {
    case .agreed: session.reply(to: id, result: Array("{}".utf8))
    case .refused(let error): session.reply(to: id, foreignError: error)
    case .failed(let failure):
      session.reply(to: id, error: .backend(failure, service: service.name))
    }
  }

  func cancelled() { isWanted = false }

  func deadlineReached(at now: Instant) {
    guard now >= deadline, take() else { return }
    let time = Duration.nanoseconds(service.patience)
    session.reply(to: id, error: .timedOut(service: service.name, after: time, wasSent: false))
  }

  func abandoned() {
    guard take() else { return }
    session.reply(to: id, error: .shuttingDown)
  }

  private func take() -> Bool {
    guard isWanted else { return false }
    isWanted = false
    return session.ledger.close(id)
  }
}

extension ClientSession {
  /// Answers with the error of a service, as JSON.
  func reply(to id: RequestID, foreignError error: [UInt8]) {
    write(
      Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.bytes + Array(#","error":"#.utf8) + error
        + [UInt8(ascii: "}")])
  }
}
