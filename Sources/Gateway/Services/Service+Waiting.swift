import Backend
import Loop
import Manifest
import Resilience

/// Requests that wait for a service: who may, and who is next.
extension Service {
  /// Why one more may not wait; nil if it may.
  func refusalToWait(_ request: any ServiceRequest) -> BackendFailure? {
    if waiting.count >= placesToWait { return queueFull }
    guard request.isGuarded, let why = callLoad.refusal(bytes: request.keptBytes) else {
      return nil
    }
    return unavailable(
      .overloaded, why,
      retryAfter: callTime.wait(behind: waiting.count, atATime: manifest.limits.concurrent))
  }

  /// While nothing is worked on, what could be worked on at once waits beside the queue.
  private var placesToWait: Int {
    if case .ready = phase { return manifest.limits.queue }
    return manifest.limits.concurrent + manifest.limits.queue
  }

  /// Forgets a request that has not been sent.
  func withdraw(_ request: any ServiceRequest) { _ = waiting.removeAll { $0 === request } }

  func sendWaiting() {
    guard breaker.isClosed else { return sendUnguarded() }
    if callLoad.isTight { return callLoad.planDeal() }
    while sendOneWaiting() {}
  }

  /// Sends the one whose turn it is; false if nothing can be sent.
  func sendOneWaiting() -> Bool {
    guard breaker.isClosed, case .ready(let backend) = phase, backend.isAccepting,
      backend.inFlight < manifest.limits.concurrent, let next = waiting.removeFirst()
    else { return false }
    next.send(on: backend)
    return true
  }
}
