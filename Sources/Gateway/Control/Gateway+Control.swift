import Loop

/// What the gateway does when it is told to.
extension Gateway {
  /// Performs a command and answers it once, now or later.
  func perform(
    _ command: ControlCommand, _ answer: @escaping @EventLoop (ControlAnswer) -> Void
  ) {
    switch command {
    case .status: answer(.success(statusReport))
    }
  }
}
