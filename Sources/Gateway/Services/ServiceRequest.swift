import Backend
import Loop

/// A request that a service has accepted and sends as soon as a backend is ready.
@EventLoop
protocol ServiceRequest: Exchange {
  /// Opens an exchange on `backend` and writes the line. Called at most once.
  func send(on backend: ProcessBackend)
  /// The service that the request waits for has started a process.
  func serviceStarted()
}

extension ServiceRequest {
  func serviceStarted() {}
}
