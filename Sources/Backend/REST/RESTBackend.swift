import HTTP
package import Loop
package import Manifest
import Resilience
package import Telemetry

/// The way to one HTTP API: its connections, its rate limits, and when a request is sent again.
///
/// A request goes out when its lanes admit it. It goes out a second time only where that is
/// safe: it never left, the API refused it for its rate, or it may be repeated (`GET`, or a tool
/// that the manifest calls idempotent). What may have been sent and must not be repeated fails
/// with an unknown outcome (promise I2).
@EventLoop
package final class RESTBackend {
  package let api: REST.Service
  package let service: String
  let redactor: Redactor
  private let limits: ServiceLimits
  private let log: Log
  /// Nil if the origin cannot be used, for the reason beside it.
  let client: HTTPClient?
  private var originFault: HTTPOriginError?
  let valve = Valve()
  let gate: LaneGate
  /// Lanes whose places are held for a whole call.
  private let callGate: LaneGate
  /// For each lane of the manifest: its indexes in the gates.
  let requestLanes: [Int]
  let callLanes: [Int?]
  /// The index of `limits.concurrent` among the limits of `gate`.
  let concurrentLane: Int
  /// Of every request: what is wanted back, the fixed headers, the credentials.
  let headers: [HTTPHeader]
  private var changesTold: Set<String> = []
  /// Requests that are in `send`.
  var underWay = 0
  private var retries = RetryBudget()

  package init(
    _ api: REST.Service, service: String, limits: ServiceLimits, environment: [String: String],
    log: Log
  ) {
    self.api = api
    self.service = service
    self.limits = limits
    self.log = log
    redactor = Redactor(api.secrets)
    headers = Self.headers(of: api)
    do throws(HTTPOriginError) {
      client = HTTPClient(
        origin: try HTTPOrigin(api, environment: environment), connections: api.connections.most,
        queue: limits.queue)
    } catch {
      client = nil
      originFault = error
    }
    var ofRequests: [RateLimit] = []
    var ofCalls: [RateLimit] = []
    var requestLanes: [Int] = []
    var callLanes: [Int?] = []
    for lane in api.lanes {
      let rate = lane.perMinute.map { RateLimit.Rate($0, each: .seconds(60)) }
      let isOfCalls = lane.span == .call
      // The rate counts requests in any case; only the places are those of calls.
      let limit = RateLimit(lane.name, rate: rate, inFlight: isOfCalls ? nil : lane.inFlight)
      requestLanes.append(ofRequests.count)
      ofRequests.append(limit)
      callLanes.append(isOfCalls ? ofCalls.count : nil)
      if isOfCalls { ofCalls.append(RateLimit(lane.name, inFlight: lane.inFlight)) }
    }
    concurrentLane = ofRequests.count
    ofRequests.append(RateLimit("limits.concurrent", inFlight: limits.concurrent))
    gate = LaneGate(ofRequests)
    callGate = LaneGate(ofCalls)
    self.requestLanes = requestLanes
    self.callLanes = callLanes
  }

  private static func headers(of api: REST.Service) -> [HTTPHeader] {
    var headers = api.headers.map { HTTPHeader($0.name, $0.value.exposed) }
    if !headers.contains(where: {
      $0.name.utf8.elementsEqual("accept".utf8, by: { $0 | 0x20 == $1 })
    }) {
      headers.insert(HTTPHeader("Accept", "application/json"), at: 0)
    }
    switch api.authentication {
    case .none, .query: break
    case .bearer(let secret):
      headers.append(HTTPHeader("Authorization", "Bearer " + secret.exposed))
    case .basic(let user, let password):
      let both = Redactor.base64(Array("\(user.exposed):\(password.exposed)".utf8))
      headers.append(
        HTTPHeader("Authorization", "Basic " + String(decoding: both, as: UTF8.self)))
    case .header(let name, let secret): headers.append(HTTPHeader(name, secret.exposed))
    }
    return headers
  }

  /// Sends nothing new while `isPaused`: the client does not read.
  package func setPaused(_ isPaused: Bool) { valve.set(closed: isPaused) }

  /// Closes the connections. Calls under way fail.
  package func close() { client?.close() }

  /// The tool of a name, with the service's prefix or without it.
  func tool(named name: String) -> REST.Tool? {
    let prefix = service + "_"
    return api.tools.first { tool in
      tool.name.utf8.elementsEqual(name.utf8) || (prefix + tool.name).utf8.elementsEqual(name.utf8)
    }
  }

  // MARK: Sending

  /// Sends one request, as often as that is safe and useful, until there is an answer of any
  /// status below 400.
  ///
  /// - Parameter begun: the first attempt, where that was made already (`sendAtOnce`).
  /// - Throws: what the API refused, or why there is no answer; `nil` stands for a cancelled task.
  func send(
    _ sending: Sending, for run: RESTRun, begun: Attempt? = nil
  ) async throws(RESTFailure) -> RESTAnswer {
    var begun = begun
    var retry = RetryState()
    if begun == nil { underWay += 1 }
    defer {
      underWay -= 1
      if retry.isRetry { retries.give() }
    }
    while true {
      let attempt: Attempt
      if let first = begun {
        begun = nil
        attempt = first
      } else {
        attempt = try await self.attempt(sending, retryOf: retry.ticket, for: run)
      }
      switch attempt.outcome {
      case .cancelled:
        gate.answered(attempt.ticket)
        throw .cancelled
      case .failure(let error):
        if error.wasSent == .notSent {
          gate.notSent(attempt.ticket)
        } else {
          gate.answered(attempt.ticket)
        }
        try await retry.prepare(after: error, sending, on: self, for: run)
      case .answer(var answer):
        take(&answer, attempt.ticket)
        if answer.isSuccess { return answer }
        // What a failure quotes of the headers must not hold credentials either.
        for index in answer.head.headers.indices {
          answer.head.headers[index].value = redactor.redacted(answer.head.headers[index].value)
        }
        try await retry.prepare(after: answer, attempt.ticket, sending, on: self, for: run)
      }
    }
  }

  private func attempt(
    _ sending: Sending, retryOf ticket: RateLane.Ticket?, for run: RESTRun
  ) async throws(RESTFailure) -> Attempt {
    guard let client else {
      throw RESTFailure(
        .internal, "Service '\(service)' \(originFault.map { "\($0)" } ?? "has no address").",
        form: .protocolError(.unavailable), wasSent: false)
    }
    guard await valve.pass() else { throw .cancelled }
    let ticket = try await enter(sending, retryOf: ticket, for: run)
    run.hasSent = true
    let outcome = await HTTPExchange.run(
      limited(sending, until: run.deadline), on: client, onSent: { run.uploaded($0) })
    return Attempt(ticket: ticket, outcome: outcome)
  }

  /// An answer has come: it frees its place in the lanes and loses our credentials.
  func take(_ answer: inout RESTAnswer, _ ticket: RateLane.Ticket) {
    gate.answered(ticket)
    redactor.redact(&answer.body)
    tellChanges(answer)
    if answer.isSuccess { gate.accepted() }
  }

  /// Waits until the lanes admit the request.
  private func enter(
    _ sending: Sending, retryOf ticket: RateLane.Ticket?, for run: RESTRun
  ) async throws(RESTFailure) -> RateLane.Ticket {
    guard gate.waitingCount < limits.queue else {
      throw RESTFailure(
        .unavailable, "The queue of service '\(service)' is full.",
        form: .protocolError(.overloaded), wasSent: false, isRetryable: true)
    }
    let demand = demand(of: sending, retryOf: ticket, for: run)
    let entrance = await gate.enter(demand) { until, reason in run.waits(until: until, reason) }
    switch entrance {
    case .admitted(let ticket): return ticket
    case .cancelled: throw .cancelled
    case .refused(let refusal): throw tooLong(refusal)
    }
  }

  /// A place for a whole call in those of these lanes that count calls; nil if none does.
  func enterCall(_ lanes: [Int], for run: RESTRun) async throws(RESTFailure) -> RateLane.Ticket? {
    let limits = lanes.compactMap { callLanes.indices.contains($0) ? callLanes[$0] : nil }
    guard !limits.isEmpty else { return nil }
    let demand = RateLane.Demand(run.priority, limits: limits, deadline: run.deadline)
    switch await callGate.enter(demand, onWait: { run.waits(until: $0, $1) }) {
    case .admitted(let ticket): return ticket
    case .cancelled: throw .cancelled
    case .refused(let refusal): throw tooLong(refusal)
    }
  }

  /// Whether one more request may be tried again after a failure.
  func takeRetry() -> Bool { retries.take(ofInFlight: underWay) }

  func leaveCall(_ ticket: RateLane.Ticket) { callGate.answered(ticket) }

  func rejected(retryAfter: Duration?) { gate.rejected(retryAfter: retryAfter) }
  var pauseLeft: Duration? { gate.pauseLeft }

  private func tooLong(_ refusal: RateLane.Refusal) -> RESTFailure {
    let seconds = (refusal.retryAfter.inMilliseconds + 999) / 1000
    return RESTFailure(
      .rateLimit,
      "The rate limit of service '\(service)' is used up for \(seconds) s, longer than this call "
        + "may take; nothing was sent.",
      form: .protocolError(.overloaded), advice: "Try again in \(seconds) s.", wasSent: false,
      isRetryable: true, retryAfter: refusal.retryAfter)
  }

  /// An API that announces changes of itself is quoted in the log, once for each of them.
  private func tellChanges(_ answer: RESTAnswer) {
    for header in answer.head.headers where header.name.utf8.count > 7 {
      let end = header.name.utf8.suffix(7)
      guard end.elementsEqual("-change".utf8, by: { $0 | 0x20 == $1 }), changesTold.count < 64,
        changesTold.insert(header.value).inserted
      else { continue }
      log(
        .warning, "rest.api_change",
        [
          "service": service,
          "change": Printable.text(redactor.redacted(header.value).utf8, limit: 300),
        ])
    }
  }
}

extension RESTFailure {
  /// The call was cancelled: nobody reads this.
  static let cancelled = RESTFailure(
    .internal, "The call was cancelled.", form: .protocolError(.shuttingDown))
}

extension REST.Service {
  /// What must never appear in any text.
  var secrets: [String] {
    var secrets: [String] = []
    switch authentication {
    case .none: break
    case .bearer(let secret), .header(_, let secret), .query(_, let secret):
      secrets.append(secret.exposed)
    case .basic(let user, let password):
      secrets.append(password.exposed)
      let both = Redactor.base64(Array("\(user.exposed):\(password.exposed)".utf8))
      secrets.append(String(decoding: both, as: UTF8.self))
    }
    // A fixed header may be a credential. What is short or has spaces is a word, not a secret.
    for header in headers where header.value.exposed.utf8.count >= 20 {
      if !header.value.exposed.utf8.contains(0x20) { secrets.append(header.value.exposed) }
    }
    return secrets
  }
}

extension HTTPOrigin {
  /// - Throws: a proxy in the environment that cannot be used. Going round it would not be meant.
  fileprivate init(
    _ api: REST.Service, environment: [String: String]
  ) throws(HTTPOriginError) {
    let scheme: Scheme = api.address.scheme == .https ? .https : .http
    let proxy =
      api.connections.socket == nil
      ? try HTTPProxy(
        environment: environment, scheme: scheme, host: api.address.host, port: api.address.port)
      : nil
    self.init(
      scheme: scheme, host: api.address.host, port: api.address.port,
      socketPath: api.connections.socket, caFile: api.connections.caFile,
      allowsPrivateAddresses: api.connections.allowsPrivateAddresses || api.address.isStatic,
      proxy: proxy)
  }
}
