/// The way from a C callback onto the loop: checks the thread, then calls a
/// function that is isolated to `EventLoop`, at the price of a plain call.
///
/// Callbacks are file-level functions and not closures: a closure written in
/// isolated code gets a second, slower check from the compiler.
struct Entrance<Argument>: @unchecked Sendable {
  private let body: (Argument) -> Void

  init(_ body: @escaping @EventLoop (Argument) -> Void) {
    // Isolation is not part of how a synchronous function is called.
    self.body = unsafeBitCast(body, to: ((Argument) -> Void).self)
  }

  @inline(__always)
  func callAsFunction(_ argument: Argument) {
    EventLoop.executor.checkIsolated()
    body(argument)
  }
}
