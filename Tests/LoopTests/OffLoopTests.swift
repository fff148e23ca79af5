import Glibc
import Loop
import LoopTesting
import Testing

@Suite(.eventLoop)
struct OffLoopTests {
  @Test @EventLoop
  func `work runs beside the loop, and the loop hears of its end`() async {
    let loopThread = UInt(pthread_self())
    var turns = 0
    let worker = await withCheckedContinuation { (done: CheckedContinuation<UInt, Never>) in
      OffLoop.run(stack: 256 << 10, fallback: 0, work: { UInt(pthread_self()) }) { worker in
        #expect(UInt(pthread_self()) == loopThread)
        done.resume(returning: worker)
      }
      turns += 1
    }
    #expect(turns == 1, "it ends after the call that started it")
    #expect(worker != 0 && worker != loopThread)
  }
}
