import Backend
import Cache
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Routing
import Telemetry

/// What is known of a call beyond one attempt: its candidates, its request for another attempt, and
/// what has happened so far.
///
/// Only calls of groups and of tools that may be called twice have one. Each attempt is a call of
/// its own under the client's id; the plan stands in the ledger while none is under way. All
/// attempts share one deadline, counted from the beginning of the first.
@EventLoop
final class CallPlan: ClientRequest {
  struct Attempt {
    var service: String
    var outcome: Outcome
  }

  let gateway: Gateway
  /// Under which the client asked, and who it is.
  private var id: RequestID
  private var client: ClientContext
  private(set) var entry: Catalogue.Entry
  private var role: TaskRole
  /// The request as the client wrote it; empty where it cannot be sent again.
  private var line = RefilledBytes()
  /// Where its result is kept.
  var slot: CacheSlot?
  private(set) var start = Instant.zero
  private(set) var attempts: [Attempt] = []
  private var tried: [Int] = []
  private(set) var current: Int
  private var group: RouteGroup
  private var isCounted = false
  private var isOver = false
  private var timer: LoopTimer?
  /// What the numbers of services mean; another catalogue may mean others by them.
  private var edition: Int
  /// The attempt that answered the call before; the next one can be made of it.
  private var spent: Call?

  /// In parts, because an initializer copies what it is given whole.
  init(
    _ id: RequestID, of client: ClientContext, _ entry: Catalogue.Entry, role: TaskRole,
    in gateway: Gateway
  ) {
    self.gateway = gateway
    self.id = id
    self.client = client
    self.entry = entry
    self.role = role
    current = entry.service
    edition = gateway.edition
    group = gateway.routeGroup(of: entry.service)
  }

  /// The call begins.
  func take(_ request: UnsafeRawBufferPointer) {
    start = EventLoop.turnTime
    let isRepeated = entry.members.count > 1 || entry.isRepeatable
    let size = request.count
    guard isRepeated, size <= Self.longestKept, gateway.callLoad.hasRoom(forBytes: size) else {
      return
    }
    line.fill(with: request.bytes)
    gateway.callLoad.keep(bytes: size)
  }

  /// It is over, or has not begun: the next call can have it, with the attempt that nobody needs
  /// any more.
  func putBack(with attempt: Call? = nil) {
    // What is put aside holds nothing of the call.
    (slot, isOver) = (nil, true)
    line.clear()
    attempt?.rest()
    if let attempt { spent = attempt }
    gateway.sparePlan = self
  }

  /// The attempt that is over, if it was at this service and nobody else has it.
  func takeSpent(at service: Service) -> Call? {
    guard isKnownUniquelyReferenced(&spent), spent?.service === service else { return nil }
    return spent.take()
  }

  /// Serves the next call of the same tool, if the last left nothing behind: a new plan for each call
  /// took longer than what is decided in it.
  func serves(
    _ id: RequestID, of client: ClientContext, _ entry: Catalogue.Entry, role: TaskRole
  ) -> Bool {
    guard isOver, attempts.isEmpty, self.entry === entry, edition == gateway.edition else {
      return false
    }
    (self.id, self.client, self.role) = (id, client, role)
    (current, isOver, isCounted) = (entry.service, false, false)
    return true
  }

  /// Bytes of a request up to which it is kept for another attempt.
  private static let longestKept = 1 << 20

  // MARK: Attempts

  /// The best of its candidates, to which the call goes first.
  ///
  /// - Throws: where it can go to none of them.
  func firstService() throws(CallError) -> Int {
    if entry.clearsKept { gateway.written(by: entry) }
    guard entry.members.count > 1 else { return entry.service }
    if let first = gateway.firstOfAll(entry, of: group, at: start) {
      current = first
      return first
    }
    let now = EventLoop.now
    let route = gateway.route(entry, at: now)
    gateway.bringBack(route.waiting, at: now)
    guard let first = route.next() else { throw allOpen(route, at: now) }
    current = first
    return first
  }

  private func attemptAgain(on service: Int) {
    var error: CallError?
    line.withUnsafeBytes { bytes in
      // It has been read before.
      guard let envelope = try? Envelope.scan(bytes.bytes) else {
        error = attemptsFailed
        return
      }
      let request = Incoming(
        line: bytes, envelope: envelope, id: id, client: client, isPut: true)
      do throws(CallError) {
        current = service
        try gateway.attempt(request, entry, on: service, for: self, role)
      } catch let refusal {
        error = refusal
      }
    }
    if let error { answer(error) }
  }

  /// Decides what follows an attempt that failed: true if the plan goes on with another one, which
  /// `goOn` then begins.
  ///
  /// - Parameter hasTold: the client has heard of progress, so it must not begin anew.
  func takesOver(_ outcome: Outcome, because reason: BackendFailure.Reason, hasTold: Bool) -> Bool {
    let now = EventLoop.now
    let name = gateway.manifest(current)?.name ?? ""
    guard !isOver, !hasTold, !line.isEmpty, gateway.ending == nil,
      gateway.session.ledger.contains(id),
      number < gateway.configuration.gateway.retry.attempts, mayRepeat(outcome),
      followsCatalogue(last: name), mayRepeat(outcome)
    else { return false }
    var next = gateway.route(entry, at: now).next(without: tried + [current])
    var pause = Duration.zero
    if next == nil, reason == .lost {
      // Nobody else is there: the same one, when it has had time to come back.
      next = current
      pause = max(
        backoff.pause(after: number, random: .random(in: 0..<1)), .milliseconds(1))
    }
    guard let next, now + pause < deadline else { return false }
    // What no service has seen is no more load than before.
    guard outcome.repetition == .always || takeFromBudget() else { return false }
    plannedNext = (name, next, pause)
    return true
  }

  /// Whether another service could have the call that the present one has not had.
  var hasAlternative: Bool {
    entry.members.count > 1 && !line.isEmpty && gateway.edition == edition
      && number < gateway.configuration.gateway.retry.attempts
      && gateway.route(entry, at: EventLoop.now).next(without: tried + [current]) != nil
  }

  /// What follows the service that had the call, which is told by its name.
  private var plannedNext: (from: String, service: Int, pause: Duration)?

  private func mayRepeat(_ outcome: Outcome) -> Bool {
    switch outcome.repetition {
    case .always: true
    case .ifSafe: entry.isRepeatable
    case .never: false
    }
  }

  private var backoff: Backoff {
    let retry = gateway.configuration.gateway.retry
    return Backoff(first: retry.first, longest: retry.longest)
  }

  /// A call counts once, however often it is tried.
  private func takeFromBudget() -> Bool {
    guard !isCounted else { return true }
    let inFlight = entry.services.reduce(1) {
      $0 + (gateway.candidate($1, at: start)?.standing.inFlight ?? 0)
    }
    isCounted = group.budget.take(ofInFlight: inFlight)
    return isCounted
  }

  /// The attempt that failed has been reported: begins the next.
  func goOn(after outcome: Outcome) {
    guard let (name, next, pause) = plannedNext else { return }
    plannedNext = nil
    attempts.append(Attempt(service: name, outcome: outcome))
    tried.append(current)
    if next != current { gateway.health.record(at: next)?.counts.add(to: .failovers) }
    gateway.log(
      .warning, "call.retried",
      [
        "service": name, "next": gateway.manifest(next)?.name ?? "", "why": "\(outcome.name)",
        "attempt": String(number), "pause_ms": String(pause.inMilliseconds),
      ])
    guard pause > .zero else { return beginNext(next) }
    gateway.session.ledger.open(id, self)
    let timer = LoopTimer { [unowned self] in beginNext(next) }
    timer.start(after: pause)
    self.timer = timer
  }

  private func beginNext(_ service: Int) {
    timer?.stop()
    guard !isOver else { return }
    guard gateway.edition != edition else { return attemptAgain(on: service) }
    // In the pause, what the number meant may have become another's.
    guard let last = attempts.last, followsCatalogue(last: last.service), mayRepeat(last.outcome)
    else { return answer(attemptsFailed) }
    attemptAgain(on: current)
  }

  /// Goes on with the tool as it is offered now, if the services have changed since it was looked up;
  /// false if nobody offers it any more.
  ///
  /// - Parameter name: of the service that had the call last; numbers may mean others by now.
  private func followsCatalogue(last name: String) -> Bool {
    guard gateway.edition != edition else { return true }
    let found = entry.publicName.withUnsafeBytes { gateway.catalogue.entry(.tools, named: $0) }
    guard let found else { return false }
    if isCounted { group.budget.give() }
    isCounted = false
    edition = gateway.edition
    entry = found
    group = gateway.routeGroup(of: found.service)
    func isNamed(_ service: Int, _ name: String) -> Bool {
      gateway.manifest(service)?.name.utf8.elementsEqual(name.utf8) == true
    }
    current = found.services.first { isNamed($0, name) } ?? found.service
    tried = found.services.filter { service in attempts.contains { isNamed(service, $0.service) } }
    return true
  }

  /// An attempt has ended, and with it the call. Whoever ends it keeps what may be kept, and then
  /// calls `releaseWaiters`.
  func ended(_ outcome: Outcome) {
    if outcome.verdict == .healthy { group.kept = current }
    over()
    if entry.clearsKept, outcome.repetition != .always { gateway.written(by: entry) }
  }

  /// The call has ended without an attempt that could be answered.
  func giveUp(_ outcome: Outcome) {
    ended(outcome)
    releaseWaiters(outcome)
  }

  private func over() {
    guard !isOver else { return }
    isOver = true
    gateway.callLoad.letGo(bytes: line.count)
    timer?.stop()
    timer = nil
    if isCounted { group.budget.give() }
  }

  /// Answers the call where no attempt is under way.
  private func answer(_ error: CallError) {
    giveUp(attempts.last?.outcome ?? .refused)
    guard gateway.session.ledger.close(id) else { return }
    if let result = standIn() { return gateway.session.reply(to: id, result: result) }
    gateway.session.reply(to: id, error: closing(error, attempts: attempts.count))
  }

  // MARK: Between two attempts

  func cancelled() { giveUp(.cancelled) }

  func deadlineReached(at now: Instant) {
    guard now >= deadline, !isOver else { return }
    let name = gateway.manifest(current)?.name ?? ""
    answer(.timedOut(service: name, after: deadline - start, wasSent: wasSent))
  }

  func abandoned() { if !isOver { answer(.shuttingDown) } }
}
