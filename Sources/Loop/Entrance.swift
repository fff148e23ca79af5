/// The way from a C callback onto the loop: calls a function that is isolated to `EventLoop`, at the
/// price of a plain call.
///
/// libuv calls back on the thread that runs the loop and on no other, because nothing but
/// `LoopExecutor.run` runs it: debug builds check that. `body` is a function of the file and not a
/// closure: a closure written in isolated code gets a check of its own from the compiler.
@inline(__always)
func enterLoop(
  _ body: @escaping @EventLoop (UnsafeMutableRawPointer?, Int32) -> Void,
  _ data: UnsafeMutableRawPointer?, _ number: Int32 = 0
) {
  assert(EventLoop.isCurrent, "this runs on the event loop's thread only")
  // Isolation is not part of how a synchronous function is called. In a structure, because a
  // function that is handed to a generic one is called through two more.
  unsafeBitCast(Isolated(body: body), to: Plain.self).body(data, number)
}

private struct Isolated {
  let body: @EventLoop (UnsafeMutableRawPointer?, Int32) -> Void
}

private struct Plain {
  let body: (UnsafeMutableRawPointer?, Int32) -> Void
}
