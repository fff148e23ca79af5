import Backend
import Loop
import Resilience

/// A request that a service has accepted and sends as soon as a backend is ready.
@EventLoop
protocol ServiceRequest: Exchange {
  /// Opens an exchange on `backend` and writes the line. Called at most once.
  func send(on backend: ServiceBackend)
  /// The service that the request waits for has started a process.
  func serviceStarted()
  /// The service that the request waits for is being prepared; `message` is a sentence for people.
  func servicePrepares(_ message: String)
  /// Whether it must wait, or is refused, while the breaker of its service is not closed: calls are,
  /// the gateway's own questions are not.
  var isGuarded: Bool { get }
  /// Whether it need not wait for a service that does not start, because another can have it.
  var canGoElsewhere: Bool { get }
  /// Who goes first where requests wait.
  var priority: RateLane.Priority { get }
  /// Bytes that are kept for it while it waits.
  var keptBytes: Int { get }
}

extension ServiceRequest {
  func serviceStarted() {}
  func servicePrepares(_ message: String) {}
  var isGuarded: Bool { false }
  var canGoElsewhere: Bool { false }
  var priority: RateLane.Priority { .medium }
  var keptBytes: Int { 0 }
}
