import CUV
import Glibc

/// Readiness of one descriptor. Does not own the descriptor, and must be
/// closed before it (otherwise libuv forgets somebody else's).
@EventLoop
final class Watch {
  enum Condition { case readable, writable }

  private let handle: UnsafeMutablePointer<uv_poll_t>
  private let ready: @EventLoop () -> Void
  private var isClosed = false
  private(set) var isActive = false

  /// Fails with an errno; EPERM says that the descriptor has no readiness (files, /dev/null).
  init(descriptor: Int32, ready: @escaping @EventLoop () -> Void) throws(SystemError) {
    self.ready = ready
    handle = .allocate(capacity: 1)
    // libuv makes the description non-blocking, which others may share: undone at once.
    let flags = fcntl(descriptor, F_GETFL)
    let status = uv_poll_init(EventLoop.executor.loop, handle, descriptor)
    if flags >= 0 && flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags) }
    guard status == 0 else {
      isClosed = true
      handle.deallocate()
      throw SystemError(code: -status)
    }
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  isolated deinit { close() }

  func start(_ condition: Condition) {
    guard !isActive && !isClosed else { return }
    isActive = true
    let events = condition == .readable ? UV_READABLE : UV_WRITABLE
    uv_poll_start(handle, Int32(events.rawValue), pollFired)
  }

  fileprivate func polled(_ status: Int32) {
    // libuv has stopped the handle on an error; the next read or write tells what it was.
    if status < 0 { isActive = false }
    ready()
  }

  func stop() {
    guard isActive && !isClosed else { return }
    isActive = false
    uv_poll_stop(handle)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    isActive = false
    closeHandle(handle)
  }
}

private let enter = Entrance<(UnsafeMutableRawPointer?, Int32)> { data, status in
  owner(Watch.self, data)?.polled(status)
}

private func pollFired(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _: Int32) {
  enter((handle?.pointee.data, status))
}

/// An errno.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  package var code: Int32

  package init(code: Int32) { self.code = code }

  package var description: String { String(cString: strerror(code)) }
}
