import Loop
import Resilience

/// The edge of a `RateLane`: who asks waits here until the lane admits it.
///
/// Every request leaves the gate through exactly one of `answered` and `notSent`, or by a throw
/// of `enter`. One timer serves all that wait.
@EventLoop
final class LaneGate {
  enum Entrance {
    case admitted(RateLane.Ticket)
    case refused(RateLane.Refusal)
    case cancelled
  }

  private var lane: RateLane
  private var waiting: [RateLane.Ticket: CheckedContinuation<Entrance, Never>] = [:]
  private var timer: LoopTimer?

  init(_ limits: [RateLimit]) { lane = RateLane(limits) }

  var waitingCount: Int { lane.waiting }

  /// A place that is free and that nobody waits for; nil if there is none.
  func enterAtOnce(_ demand: RateLane.Demand) -> RateLane.Ticket? {
    lane.admitAtOnce(demand, at: EventLoop.turnTime)
  }

  /// Waits for a place; `onWait` is called once if it does not come at once.
  func enter(
    _ demand: RateLane.Demand,
    onWait: (_ until: Instant?, _ reason: RateLane.Reason) -> Void
  ) async -> Entrance {
    switch lane.request(demand, at: EventLoop.now) {
    case .admitted(let ticket): return .admitted(ticket)
    case .refused(let refusal): return .refused(refusal)
    case .waits(let ticket, let until, let reason):
      onWait(until, reason)
      return await place(of: ticket)
    }
  }

  private func place(of ticket: RateLane.Ticket) async -> Entrance {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        waiting[ticket] = continuation
        if Task.isCancelled { withdraw(ticket) }
        advance()
      }
    } onCancel: {
      // Tasks of calls are cancelled on the loop only.
      EventLoop.onLoop { self.withdraw(ticket) }
    }
  }

  private func withdraw(_ ticket: RateLane.Ticket) {
    guard let continuation = waiting.removeValue(forKey: ticket) else { return }
    lane.withdraw(ticket)
    continuation.resume(returning: .cancelled)
    advance()
  }

  /// The server answered, or may have seen the request.
  func answered(_ ticket: RateLane.Ticket) {
    // It had come when this turn began.
    lane.answered(ticket, at: EventLoop.turnTime)
    advance()
  }

  func notSent(_ ticket: RateLane.Ticket) {
    lane.notSent(ticket)
    advance()
  }

  func accepted() { lane.accepted() }

  /// The server rejected a request for its rate: nobody goes before the pause is over.
  func rejected(retryAfter: Duration?) {
    for (ticket, refusal) in lane.rejected(retryAfter: retryAfter, at: EventLoop.now) {
      waiting.removeValue(forKey: ticket)?.resume(returning: .refused(refusal))
    }
    advance()
  }

  /// How long the pause that the server imposed still lasts.
  var pauseLeft: Duration? {
    guard let until = lane.pausedUntil, until > EventLoop.now else { return nil }
    return until - EventLoop.now
  }

  private func advance() {
    guard lane.waiting > 0 else { return }
    let now = EventLoop.now
    for ticket in lane.advance(at: now) {
      // One that was cancelled in this very turn gives its place back.
      guard let continuation = waiting.removeValue(forKey: ticket) else {
        lane.notSent(ticket)
        continue
      }
      continuation.resume(returning: .admitted(ticket))
    }
    guard let next = lane.nextEvent(after: now) else { return }
    let timer = timer ?? LoopTimer { [unowned self] in advance() }
    self.timer = timer
    timer.start(at: next)
  }
}
