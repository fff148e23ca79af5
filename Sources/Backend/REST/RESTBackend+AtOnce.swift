import HTTP
import Loop
import Manifest
import Resilience

/// A request and what its sending depends on.
struct Sending {
  var request: HTTPRequest
  /// Indexes into the service's lanes.
  var lanes: [Int]
  /// How many requests the API counts it as.
  var cost = 1
  /// Whether it may be sent twice.
  var isRepeatable: Bool
}

/// One sending of a request, and what became of it.
struct Attempt {
  /// Held in the lanes until somebody looks at the outcome. If it was made at once, its request
  /// counts as under way until then.
  var ticket: RateLane.Ticket
  var outcome: HTTPExchange.Outcome
}

/// A request that needed nothing to be waited for, so that no task is needed for it.
@EventLoop
final class RequestAtOnce {
  private let backend: RESTBackend
  private let ticket: RateLane.Ticket
  private var exchange: HTTPExchange?
  private var done: (@EventLoop (Attempt) -> Void)?

  fileprivate init(
    _ request: HTTPRequest, _ ticket: RateLane.Ticket, on client: HTTPClient,
    of backend: RESTBackend, done: @escaping @EventLoop (Attempt) -> Void
  ) {
    self.backend = backend
    self.ticket = ticket
    self.done = done
    backend.underWay += 1
    // Bodies that are told of while they are sent are not sent in this way.
    exchange = HTTPExchange(
      request, on: client, onSent: { _ in }, done: { [unowned self] in ended($0) })
  }

  /// Closes the transfer; nobody hears of its end.
  func cancel() {
    guard done != nil else { return }
    done = nil
    exchange?.cancel()
    backend.drop(ticket)
  }

  private func ended(_ outcome: HTTPExchange.Outcome) {
    exchange = nil
    let done = done
    self.done = nil
    done?(Attempt(ticket: ticket, outcome: outcome))
  }
}

extension RESTBackend {
  /// Sends a request unless something has to be waited for first: then it answers nil.
  ///
  /// - Parameter done: called once, never within this call, and not after `cancel`. Who is called
  ///   takes the answer (`take`), or gives the attempt to `send`.
  func sendAtOnce(
    _ sending: Sending, for run: RESTRun, done: @escaping @EventLoop (Attempt) -> Void
  ) -> RequestAtOnce? {
    guard let client, valve.isOpen, !holdsCalls(sending.lanes),
      let ticket = gate.enterAtOnce(demand(of: sending, retryOf: nil, for: run))
    else { return nil }
    run.hasSent = true
    return RequestAtOnce(
      limited(sending, until: run.deadline), ticket, on: client, of: self, done: done)
  }

  /// Nobody looks at what became of an attempt that was made at once.
  func drop(_ ticket: RateLane.Ticket) {
    gate.answered(ticket)
    underWay -= 1
  }

  /// Whether a place in one of these lanes is held for a whole call.
  private func holdsCalls(_ lanes: [Int]) -> Bool {
    lanes.contains { callLanes.indices.contains($0) && callLanes[$0] != nil }
  }

  func demand(
    of sending: Sending, retryOf ticket: RateLane.Ticket?, for run: RESTRun
  ) -> RateLane.Demand {
    var limits = [concurrentLane]
    for lane in sending.lanes where requestLanes.indices.contains(lane) {
      limits.append(requestLanes[lane])
    }
    return RateLane.Demand(
      run.priority, limits: limits, cost: sending.cost, deadline: run.deadline, retryOf: ticket)
  }

  /// The request with its limits.
  func limited(_ sending: Sending, until deadline: Instant) -> HTTPRequest {
    let connections = api.connections
    var request = sending.request
    request.limits = HTTPLimits(
      connect: connections.connectTimeout, idle: connections.idleTimeout,
      total: max(deadline - EventLoop.turnTime, .milliseconds(1)),
      responseBytes: connections.answerLimit)
    request.mayRepeat = sending.isRepeatable
    return request
  }
}
