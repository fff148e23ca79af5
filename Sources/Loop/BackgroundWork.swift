import CUV
import Glibc

/// Work that may wait for long, on a thread of its own that ends with it.
///
/// What cannot be interrupted (a look-up of a name, the loading of a library) must not stop the
/// loop. A thread for each piece of work means that one that hangs holds up nobody else.
@EventLoop
package final class BackgroundWork {
  private let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
  private let ended: @EventLoop (Bool) -> Void
  private let body: Body

  /// Runs `body` on another thread and then, never within this call, `ended` on the loop.
  ///
  /// - ended: told false where no thread was to be had; `body` has not run then. What `body`
  ///   wrote can be read here.
  package static func start(
    _ body: @escaping @Sendable () -> Void, ended: @escaping @EventLoop (_ hasRun: Bool) -> Void
  ) {
    BackgroundWork(body, ended).begin()
  }

  private init(
    _ run: @escaping @Sendable () -> Void, _ ended: @escaping @EventLoop (Bool) -> Void
  ) {
    self.ended = ended
    body = Body(run, wake)
    uv_async_init(EventLoop.executor.loop, wake, workEnded)
  }

  private func begin() {
    // Released when the loop hears of the end, in any case.
    wake.pointee.data = Unmanaged.passRetained(self).toOpaque()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(body)
    let status = pthread_create(&thread, &attributes, workOnThread, argument.toOpaque())
    guard status != 0 else { return }
    argument.release()
    uv_async_send(wake)
  }

  fileprivate func hasEnded() {
    closeHandle(wake)
    ended(body.hasRun)
  }

  /// What the thread works on. `@unchecked Sendable`: the thread writes `hasRun` before it wakes
  /// the loop, which reads it afterwards.
  fileprivate final class Body: @unchecked Sendable {
    private let body: @Sendable () -> Void
    private let wake: UnsafeMutablePointer<uv_async_t>
    var hasRun = false

    init(_ body: @escaping @Sendable () -> Void, _ wake: UnsafeMutablePointer<uv_async_t>) {
      self.body = body
      self.wake = wake
    }

    func run() {
      // Signals are for the loop's thread.
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_BLOCK, &all, nil)
      body()
      hasRun = true
      uv_async_send(wake)
    }
  }
}

/// A function of the file: a closure written in isolated code would belong to the loop.
private func workOnThread(_ body: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let body else { return nil }
  Unmanaged<BackgroundWork.Body>.fromOpaque(body).takeRetainedValue().run()
  return nil
}

private let enter = Entrance<UnsafeMutableRawPointer?> { data in
  guard let data else { return }
  Unmanaged<BackgroundWork>.fromOpaque(data).takeRetainedValue().hasEnded()
}

private func workEnded(_ handle: UnsafeMutablePointer<uv_async_t>?) {
  enter(handle?.pointee.data)
}
