import CUV
package import Resilience

/// One timer on the loop. It never fires early; it fires late by as much as a
/// turn takes, with the resolution of a millisecond.
@EventLoop
package final class LoopTimer {
  private let handle: UnsafeMutablePointer<uv_timer_t>
  fileprivate let action: @EventLoop () -> Void
  /// Where it waits among the far timers; nil where it does not.
  var place: Int?
  /// Among the far timers: when it is due, and from there to the next time, if there is one.
  private var due = Instant.zero
  private var interval: Duration?

  /// Creates a stopped timer. It stops for good when it is released.
  package init(_ action: @escaping @EventLoop () -> Void) {
    self.action = action
    handle = .allocate(capacity: 1)
    uv_timer_init(EventLoop.executor.loop, handle)
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  isolated deinit {
    if let place { FarTimers.shared.remove(at: place) }
    closeHandle(handle)
  }

  /// Fires after `delay`, then each `interval` if given. Replaces an earlier start.
  package func start(after delay: Duration, every interval: Duration? = nil) {
    start(at: EventLoop.now + delay, every: interval)
  }

  /// Fires once at `deadline`, in the next turn if that has passed. Replaces an earlier start.
  package func start(at deadline: Instant) { start(at: deadline, every: nil) }

  package func stop() {
    leaveFar()
    uv_timer_stop(handle)
  }

  private func leaveFar() {
    guard let place else { return }
    self.place = nil
    FarTimers.shared.remove(at: place)
  }

  package var isActive: Bool { place != nil || uv_is_active(rawHandle(handle)) != 0 }

  /// Its time among the far timers is over.
  func fire() {
    leaveFar()
    // From when it was due and not from when it fires, but never twice for one wait.
    if let interval { start(at: max(due + interval, EventLoop.now), every: interval) }
    action()
  }

  private func start(at deadline: Instant, every interval: Duration?) {
    stop()
    guard deadline != .distantFuture else { return }
    // Of what comes again, the pace counts and not when it begins.
    if interval ?? (deadline - EventLoop.turnTime) > FarTimers.threshold,
      FarTimers.shared.add(self, at: deadline)
    {
      due = deadline
      self.interval = interval
      return
    }
    // libuv counts whole milliseconds of the same clock, rounded down: rounding the deadline
    // up means that it never fires early.
    let due = (deadline - .zero).inMilliseconds
    let now = uv_now(EventLoop.executor.loop)
    let repetition = interval.map { max(1, $0.inMilliseconds) } ?? 0
    uv_timer_start(handle, fired, due > now ? due - now : 0, repetition)
  }
}

@EventLoop
private func act(_ data: UnsafeMutableRawPointer?, _: Int32) {
  owner(LoopTimer.self, data)?.action()
}

private func fired(_ handle: UnsafeMutablePointer<uv_timer_t>?) {
  enterLoop(act, handle?.pointee.data)
}
