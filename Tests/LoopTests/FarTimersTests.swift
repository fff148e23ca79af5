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
}

@EventLoop private var keep: [LoopTimer] = []
