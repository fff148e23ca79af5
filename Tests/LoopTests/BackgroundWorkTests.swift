import Glibc
import Loop
import LoopTesting
import Synchronization
import Testing

@Suite(.eventLoop)
struct BackgroundWorkTests {
  @Test @EventLoop
  func `work runs beside the loop, and the loop hears of its end`() async {
    let loopThread = UInt(pthread_self())
    let worker = Mutex<UInt>(0)
    var turns = 0
    let hasRun = await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
      BackgroundWork.start(
        { worker.withLock { $0 = UInt(pthread_self()) } },
        ended: { hasRun in
          #expect(UInt(pthread_self()) == loopThread)
          done.resume(returning: hasRun)
        })
      turns += 1
    }
    #expect(hasRun)
    #expect(turns == 1, "it ends after the call that started it")
    #expect(worker.withLock { $0 != 0 && $0 != loopThread })
  }
}
