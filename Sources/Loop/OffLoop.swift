import CUV
import Glibc

/// Work that may take long, on a thread of its own, which ends with it.
///
/// What is slow or can hang (a look-up, files on a network, hundreds of manifests) must not hold
/// up the loop, nor one piece of work another. Callers have one piece at a time each.
@EventLoop
package final class OffLoop {
  private let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
  private var ended: (@EventLoop () -> Void)?

  /// Runs `work` on a thread of its own and then `completion` on the loop, once, never within this
  /// call. Where no thread can be had, the result is `fallback`.
  ///
  /// - Parameter stack: bytes of stack for the thread.
  package static func run<Value: Sendable>(
    stack: Int, fallback: Value, work: @escaping @Sendable () -> Value,
    completion: @escaping @EventLoop (Value) -> Void
  ) {
    let result = Result(fallback)
    OffLoop { completion(result.value) }.begin(stack) { result.value = work() }
  }

  private init(_ ended: @escaping @EventLoop () -> Void) {
    self.ended = ended
    uv_async_init(EventLoop.executor.loop, wake, workEnded)
  }

  private func begin(_ stack: Int, _ work: @escaping @Sendable () -> Void) {
    // Released when the loop hears of the end, in any case.
    wake.pointee.data = Unmanaged.passRetained(self).toOpaque()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stack)
    var thread = pthread_t()
    let job = Unmanaged.passRetained(OffLoopJob(work, wake))
    let status = pthread_create(&thread, &attributes, runOffLoop, job.toOpaque())
    guard status != 0 else { return }
    job.release()
    uv_async_send(wake)
  }

  fileprivate func end() {
    closeHandle(wake)
    ended?()
    ended = nil
  }

  /// `@unchecked Sendable`: the thread writes before it wakes the loop, which reads afterwards.
  private final class Result<Value: Sendable>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
  }
}

/// What the thread works on. `@unchecked Sendable`: it is handed to the thread and not kept.
private final class OffLoopJob: @unchecked Sendable {
  private let work: @Sendable () -> Void
  private let wake: UnsafeMutablePointer<uv_async_t>

  init(_ work: @escaping @Sendable () -> Void, _ wake: UnsafeMutablePointer<uv_async_t>) {
    self.work = work
    self.wake = wake
  }

  func run() {
    // Signals are for the loop's thread.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    work()
    uv_async_send(wake)
  }
}

/// A function of the file: a closure written in isolated code would belong to the loop.
private func runOffLoop(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let job else { return nil }
  Unmanaged<OffLoopJob>.fromOpaque(job).takeRetainedValue().run()
  return nil
}

@EventLoop
private func end(_ data: UnsafeMutableRawPointer?, _: Int32) {
  guard let data else { return }
  Unmanaged<OffLoop>.fromOpaque(data).takeRetainedValue().end()
}

private func workEnded(_ handle: UnsafeMutablePointer<uv_async_t>?) {
  enterLoop(end, handle?.pointee.data)
}
