import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// One finished attempt of one call, whatever kind of service had it.
struct Observation {
  /// Number of the service in the gateway's order: REST services are counted after processes.
  var service: Int
  /// What was called; nil where the request names nothing of the catalogue.
  var entry: Catalogue.Entry?
  var method: Method
  var outcome: Outcome
  /// From sending the request to the end, in nanoseconds and to the millisecond; 0 if nothing was
  /// sent.
  var duration: Int64
  /// Bytes of the client's request and of the service's answer.
  var bytesIn: Int
  var bytesOut: Int
  /// From 1; a call has one attempt unless it was sent again.
  var attempt: Int
  /// Whether its result was looked for among those that are kept, and not found.
  var wasMissed = false
  /// The client's span, where the request names one and spans are wanted.
  var trace: TraceParent?
}

/// Where every finished attempt of every call is reported, once.
@EventLoop
protocol AttemptObserver: AnyObject {
  func observed(_ observation: Observation)
}

extension Gateway: AttemptObserver {
  /// The one place that hears how attempts end: breakers have been told before, metrics and health
  /// are told here. It is on the way of every call, so nothing in it may allocate or ask a clock.
  func observed(_ observation: Observation) { health.observed(observation) }
}

extension Call {
  /// What the deadline says about the service: nothing where it has not had the call, and nothing
  /// while the client does not read, because then services are not read either (row C26).
  var deadlineOutcome: Outcome {
    guard backend != nil else { return .refused }
    if session.isFull { return .withheld }
    service.lastTrouble = "It did not answer in time."
    return .timedOut
  }

  /// Tells the breaker and the gateway how this attempt ended; once, from `finish`.
  func report(_ outcome: Outcome, bytes: Int) {
    let now = EventLoop.turnTime
    service.record(outcome, at: now)
    var duration: Int64 = 0
    if backend != nil {
      service.callLoad.ended()
      duration = max(0, now.nanoseconds &- sentAt.nanoseconds)
      if outcome.verdict == .healthy { service.callTime.note(duration) }
    }
    session.delegate?.observed(
      Observation(
        service: service.index, entry: entry, method: method, outcome: outcome, duration: duration,
        bytesIn: sentBytes, bytesOut: bytes, attempt: plan?.number ?? 1,
        wasMissed: plan?.slot != nil, trace: extras?.trace))
    extras?.read?.ended(outcome)
  }
}

extension Gateway {
  var breakerLimits: CircuitBreaker.Limits {
    let breaker = configuration.gateway.breaker
    var limits = CircuitBreaker.Limits()
    limits.failures = breaker.failures
    limits.percent = breaker.percent
    limits.calls = breaker.calls
    limits.window = breaker.window
    limits.open = breaker.open
    limits.longest = breaker.longest
    return limits
  }

  var probePatience: Duration { configuration.gateway.breaker.probe }
}

extension REST.Priority {
  var lane: RateLane.Priority {
    switch self {
    case .high: .high
    case .medium: .medium
    case .low: .low
    }
  }
}
