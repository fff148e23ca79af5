import Glibc
import Loop
import LoopTesting
import Resilience
import Testing

@Suite(.eventLoop)
struct EventLoopTests {
  @Test @EventLoop
  func `isolated code runs on the thread of the loop`() {
    #expect(EventLoop.isCurrent)
    #expect(EventLoop.onLoop { true })
  }

  @Test
  func `onLoop traps on another thread`() async {
    await #expect(processExitsWith: .failure) {
      LoopThread.start()
      _ = EventLoop.onLoop { 1 }
    }
  }

  @Test
  func `run returns after stop, and may be called again`() async {
    await #expect(processExitsWith: .exitCode(3)) {
      var runs: Int32 = 0
      for _ in 0..<3 {
        EventLoop.run {
          EventLoop.atEndOfTurn { EventLoop.stop() }
        }
        runs += 1
      }
      exit(runs)
    }
  }

  @Test
  func `jobs run in the order in which they were enqueued`() async {
    let order = await ordered()
    #expect(order == Array(0..<100))
  }

  @EventLoop
  private func ordered() async -> [Int] {
    let recorder = Recorder()
    await withCheckedContinuation { done in
      recorder.done = done
      for index in 0..<100 {
        Task(executorPreference: EventLoop.executor) { await recorder.note(index) }
      }
    }
    return recorder.order
  }

  @Test @EventLoop
  func `work at the end of the turn runs once, after the jobs`() async {
    var runs = 0
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      EventLoop.atEndOfTurn {
        runs += 1
        done.resume()
      }
    }
    await sleep(.milliseconds(5))
    #expect(runs == 1)
  }

  @Test @EventLoop
  func `work that always makes more work does not starve timers`() async {
    final class Maker {
      var isOn = true
      @EventLoop func again() { if isOn { EventLoop.atEndOfTurn { self.again() } } }
    }
    let maker = Maker()
    maker.again()
    await sleep(.milliseconds(5))
    maker.isOn = false
  }

  @Test(arguments: [0, 1, 3, 20]) @EventLoop
  func `a timer never fires early`(milliseconds: Int) async {
    let start = EventLoop.now
    await sleep(.milliseconds(milliseconds))
    #expect(EventLoop.now - start >= .milliseconds(milliseconds))
  }

  @Test @EventLoop
  func `a released timer does not fire`() async {
    var fired = false
    var timer: LoopTimer? = LoopTimer { fired = true }
    timer?.start(after: .milliseconds(1))
    timer = nil
    await sleep(.milliseconds(10))
    #expect(!fired)
  }

  @Test @EventLoop
  func `a repeating timer fires until it is stopped`() async {
    var count = 0
    var timer: LoopTimer?
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      timer = LoopTimer {
        count += 1
        guard count == 3 else { return }
        timer?.stop()
        done.resume()
      }
      timer?.start(after: .zero, every: .milliseconds(1))
    }
    await sleep(.milliseconds(5))
    #expect(count == 3)
    #expect(timer?.isActive == false)
  }

  @Test @EventLoop
  func `a deadline that never comes starts nothing`() {
    let timer = LoopTimer {}
    timer.start(at: .distantFuture)
    #expect(!timer.isActive)
  }

  @Test @EventLoop
  func `a signal is an event`() async {
    var watch: SignalWatch?
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      watch = SignalWatch(SIGUSR2) { done.resume() }
      kill(getpid(), SIGUSR2)
    }
    #expect(watch != nil)
    watch = nil
  }
}

@EventLoop
private final class Recorder {
  var order: [Int] = []
  var done: CheckedContinuation<Void, Never>?

  func note(_ index: Int) async {
    order.append(index)
    if index == 99 { done?.resume() }
  }
}

/// Waits on the loop's own timer.
@EventLoop
func sleep(_ duration: Duration) async {
  var timer: LoopTimer?
  await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
    timer = LoopTimer { done.resume() }
    timer?.start(after: duration)
  }
  _ = timer
}
