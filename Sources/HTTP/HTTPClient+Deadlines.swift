import Loop
import Resilience

/// One timer for all that this client's requests may take.
extension HTTPClient {
  /// The timer is set for the earliest deadline known when it was set; activity moves deadlines
  /// without touching it, so that it may fire for nothing.
  func watchDeadline(of transfer: HTTPTransfer) {
    let due = min(transfer.deadline.0, EventLoop.turnTime + idleLimit(transfer))
    guard due < timerDue else { return }
    timerDue = due
    timer.start(at: due)
  }

  private func idleLimit(_ transfer: HTTPTransfer) -> Duration {
    transfer.request.limits.idle ?? .seconds(86_400)
  }

  func checkDeadlines() {
    let now = EventLoop.now
    timerDue = .distantFuture
    for transfer in waiting + resolving + running {
      let (deadline, limit) = transfer.deadline
      guard deadline <= now else {
        watchDeadline(of: transfer)
        continue
      }
      // After a stall of this process what has come is still in the sockets, and timers fire
      // first: it is read before anybody is said to have been silent.
      guard transfer.isOverdue || limit == .total else {
        transfer.isOverdue = true
        timerDue = .zero
        continue
      }
      transfer.failure = transfer.fail(.timeout(limit), HTTPError.timedOut(limit))
      abandoned.append(transfer)
    }
    if timerDue == .zero { timer.start(after: .milliseconds(1)) }
    settle()
  }
}
