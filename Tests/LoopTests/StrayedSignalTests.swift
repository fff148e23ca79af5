import FailingCalls
import Glibc
import LoopTesting
import Testing

@testable import Loop

/// Row R19: no signal goes to a number that may be another's.
///
/// The number of a child is its own until it is reaped. `kill` of this thread is watched: whatever is
/// sent to something else than a child of ours that was not reaped counts, and is not sent. The rule
/// that signals go through `Child` is `gate kill` in .ci/gates.
@Suite(.eventLoop) struct StrayedSignalTests {
  @Test @EventLoop
  func `R19: the watch sees a signal to a number that was reaped`() async throws {
    let run = try ChildRun(shell("exit 0"))
    await run.ended()
    failing_watch_kills()
    let result = kill(-run.child.pid, SIGKILL)
    let seen = failing_watched_kills()
    #expect(result == -1 && seen.sent == 1 && seen.at_strangers == 1)
  }

  @Test(arguments: [1, 2, 3]) @EventLoop
  func `R19: children that end and are signalled in any order get no signal that is another's`(
    seed: UInt64
  ) async throws {
    var random = Lottery(state: seed)
    var sent = 0
    for _ in 0..<40 {
      // Some end by themselves, some at the end of their input, some never.
      let scripts = ["exit 0", "read line", "exec sleep 600", "sleep 600 & exit 3"]
      let runs = try (0..<3).map { _ in
        try ChildRun(shell(scripts[Int(random.next() % UInt64(scripts.count))]))
      }
      // Nothing else runs on this thread between the beginning and the end of a watch.
      func strike() {
        failing_watch_kills()
        for run in runs {
          switch random.next() % 4 {
          case 0: run.child.signalGroup(SIGTERM)
          case 1: run.child.signalGroup(SIGKILL)
          case 2: run.child.checkExit()
          default: run.child.signal(SIGKILL)
          }
        }
        let seen = failing_watched_kills()
        sent += seen.sent
        #expect(seen.at_strangers == 0)
      }
      for _ in 0..<3 {
        strike()
        await sleep(.microseconds(Int(random.next() % 2_000)))
      }
      for run in runs { run.child.signalGroup(SIGKILL) }
      for run in runs { await run.ended() }
      // All are reaped: nothing may be sent any more.
      let before = sent
      strike()
      #expect(sent == before)
      #expect(runs.allSatisfy { $0.exits.count == 1 })
    }
    #expect(sent > 0)
  }
}

/// The same sequence for the same seed (xorshift).
private struct Lottery {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
