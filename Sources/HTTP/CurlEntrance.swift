import Loop

/// The way from one of libcurl's callbacks onto the loop: checks the thread and calls a function
/// that is isolated to `EventLoop`, on the object that the callback's data points at.
struct CurlEntrance<Owner: AnyObject, Argument>: @unchecked Sendable {
  private let body: (Owner, Argument) -> Void

  init(_ body: @escaping @EventLoop (Owner, Argument) -> Void) {
    // Isolation is not part of how a synchronous function is called.
    self.body = unsafeBitCast(body, to: ((Owner, Argument) -> Void).self)
  }

  func callAsFunction(_ data: UnsafeMutableRawPointer?, _ argument: Argument) {
    guard let data else { return }
    EventLoop.executor.checkIsolated()
    body(Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue(), argument)
  }
}
