// Loop: libuv's loop, and what runs on it.
//
// One thread runs the loop; everything isolated to `EventLoop` happens there.
// C callbacks enter through `EventLoop.onLoop`, which checks that. A turn of
// the loop is: due timers, jobs until none is left, end-of-turn work (writers
// flush what the turn has queued), then the wait for descriptors, then their
// callbacks. Every C handle has one Swift owner, is closed before its
// descriptor, and its memory is freed in libuv's close callback.
//
// Invariants: a descriptor that was given to us keeps its flags (other
// processes may share its description); a child process cannot outlive this
// one; a process id is never signalled after it was reaped.
// Costs: a callback is a check of the thread and a direct call; no `Task`, no
// allocation, no lock. Work from other threads costs a lock and a wake-up.
// It refuses to run two loops, and to be entered from another thread.

import CUV
package import Resilience

/// The isolation domain of everything that touches descriptors, children and timers.
///
/// Its executor is the loop itself. Jobs enqueued on the loop's thread run
/// before the next wait; jobs from elsewhere wake it.
@globalActor
package actor EventLoop {
  package static let shared = EventLoop()

  /// The executor, for `Task(executorPreference: EventLoop.executor) { await ... }`. A plain
  /// `Task` resumes on the global pool and may reorder what it does here.
  package nonisolated static let executor = LoopExecutor()

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    Self.executor.asUnownedSerialExecutor()
  }

  /// Makes the calling thread the loop's, calls `setup`, and runs until `stop()`.
  ///
  /// The thread that runs the loop must live as long as the children it
  /// spawns: their parent-death signal follows it.
  package nonisolated static func run(_ setup: @EventLoop () -> Void = {}) {
    executor.run(setup)
  }

  /// Ends `run()` after the current turn. From any thread.
  package nonisolated static func stop() { executor.stop() }

  /// The monotonic clock.
  package nonisolated static var now: Instant { Instant(nanoseconds: Int64(uv_hrtime())) }

  /// The monotonic clock as it stood when this turn of the loop began, in whole milliseconds:
  /// enough for deadlines, and without a call of the kernel for each message.
  package nonisolated static var turnTime: Instant {
    // As `uv_now` does; a call of it for each message is measurable.
    let time = LoopExecutor.current?.pointee.time ?? uv_now(executor.loop)
    return Instant(nanoseconds: Int64(clamping: time) &* 1_000_000)
  }

  /// Calls `body` as isolated, from code that already runs on the loop's
  /// thread (a C callback). Traps on any other thread.
  package nonisolated static func onLoop<Value: Sendable>(
    _ body: @EventLoop () throws -> Value
  ) rethrows -> Value {
    typealias Plain = () throws -> Value
    executor.checkIsolated()
    return try withoutActuallyEscaping(body) { isolated in
      try unsafeBitCast(isolated, to: Plain.self)()
    }
  }

  /// Whether the caller runs on the loop's thread.
  package nonisolated static var isCurrent: Bool { executor.isOnLoop }

  /// Runs `work` once, after all callbacks and jobs of this turn and before the next wait.
  @EventLoop
  package static func atEndOfTurn(_ work: @escaping @EventLoop () -> Void) {
    executor.atEndOfTurn(EndOfTurnClosure(work))
  }
}

/// Something that has work at the end of the turn in which it registered.
///
/// A class and not a protocol, so that an array of them is one of references.
@EventLoop
package class EndOfTurnWork {
  func turnEnded() {}
}

@EventLoop
private final class EndOfTurnClosure: EndOfTurnWork {
  private let work: @EventLoop () -> Void

  init(_ work: @escaping @EventLoop () -> Void) { self.work = work }

  override func turnEnded() { work() }
}
