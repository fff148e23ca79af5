import Loop
import LoopTesting
import Resilience
import Testing

/// Timers of more than a second, which wait behind one descriptor.
@Suite(.eventLoop)
struct FarTimersTests {
  @Test @EventLoop
  func `far timers fire once, in their order, and not early`() async {
    let start = EventLoop.now
    var fired: [(number: Int, after: Duration)] = []
    var timers: [LoopTimer] = []
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      for (number, delay) in [(2, 1_200), (1, 1_100), (3, 1_300)] {
        let timer = LoopTimer {
          fired.append((number, EventLoop.now - start))
          // The first one to fire stops the second: it must not fire in the same turn.
          if number == 1 { timers[0].stop() }
          if number == 3 { done.resume() }
        }
        timer.start(after: .milliseconds(delay))
        #expect(timer.isActive)
        timers.append(timer)
      }
    }
    #expect(fired.map(\.number) == [1, 3])
    #expect(fired[0].after >= .milliseconds(1_100))
    #expect(fired[1].after >= .milliseconds(1_300))
    #expect(timers.allSatisfy { !$0.isActive })
  }

  @Test @EventLoop
  func `a far timer that is released or started anew for soon is forgotten`() async {
    var isReleasedFired = false
    var released: LoopTimer? = LoopTimer { isReleasedFired = true }
    released?.start(after: .milliseconds(1_050))
    released = nil
    var count = 0
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      let moved = LoopTimer { count += 1 }
      moved.start(after: .seconds(60))
      moved.start(after: .milliseconds(10))
      let last = LoopTimer { done.resume() }
      last.start(after: .milliseconds(1_200))
      keep = [moved, last]
    }
    #expect(count == 1)
    #expect(!isReleasedFired)
    keep = []
  }

  @Test @EventLoop
  func `timers that are stopped, or released on any thread, leave the others theirs`() async {
    for round in 0..<20 {
      var fired: Set<Int> = []
      let released = Timers()
      var stopped: [LoopTimer] = []
      var kept: [LoopTimer] = []
      for number in 0..<300 {
        let timer = LoopTimer { fired.insert(number) }
        // Those that are released are never due in this test, however busy the machine is.
        timer.start(
          after: number % 3 == 0
            ? .seconds(86_400) : .milliseconds(150 + (number * 7 + round) % 20))
        switch number % 3 {
        case 0: released.all.append(timer)
        case 1: stopped.append(timer)
        default: kept.append(timer)
        }
      }
      // Their ends wait for the loop, which stops others meanwhile.
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        OffLoop.run(
          stack: 1 << 18, fallback: (), work: { released.all = [] },
          completion: { _ in done.resume() })
        for timer in stopped.shuffled() { timer.stop() }
      }
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        let last = LoopTimer { done.resume() }
        last.start(after: .milliseconds(200))
        kept.append(last)
      }
      #expect(fired == Set(stride(from: 2, to: 300, by: 3)))
      #expect(kept.allSatisfy { !$0.isActive } && stopped.allSatisfy { !$0.isActive })
    }
  }
}

/// Given up on another thread than the one that made them.
private final class Timers: @unchecked Sendable {
  var all: [LoopTimer] = []
}

@EventLoop private var keep: [LoopTimer] = []
