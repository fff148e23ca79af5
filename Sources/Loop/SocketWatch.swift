import CUV

/// Readiness of a socket in both directions, for a library that owns the socket.
///
/// It is closed before the socket is. The socket must be non-blocking.
@EventLoop
package final class SocketWatch {
  package struct Readiness: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: Int32(UV_READABLE.rawValue))
    package static let writable = Readiness(rawValue: Int32(UV_WRITABLE.rawValue))
  }

  private let handle: UnsafeMutablePointer<uv_poll_t>
  private let ready: @EventLoop (Readiness) -> Void
  private var interest = Readiness()
  /// What libuv watches for; kept when nothing is wanted any more.
  private var watched = Readiness()
  private var isClosed = false

  /// `ready` is told what is possible; after an error everything is, so that the owner finds out.
  package init(
    socket: Int32, ready: @escaping @EventLoop (Readiness) -> Void
  ) throws(SystemError) {
    self.ready = ready
    handle = .allocate(capacity: 1)
    let status = uv_poll_init(EventLoop.executor.loop, handle, socket)
    guard status == 0 else {
      isClosed = true
      handle.deallocate()
      throw SystemError(code: -status)
    }
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  isolated deinit { close() }

  /// Watches for these, and no longer for others; with nothing, `ready` is not called.
  ///
  /// A socket that is kept between requests would be taken out of the kernel's set and put back for
  /// each, two system calls. It stays there, until something happens that nobody waits for.
  package func watch(for readiness: Readiness) {
    guard !isClosed && readiness != interest else { return }
    interest = readiness
    guard !readiness.isEmpty && readiness != watched else { return }
    watched = readiness
    uv_poll_start(handle, readiness.rawValue, socketPolled)
  }

  package func close() {
    guard !isClosed else { return }
    isClosed = true
    closeHandle(handle)
  }

  /// - Parameter events: what is possible; negative if the handle has failed.
  fileprivate func polled(_ events: Int32) {
    guard !interest.isEmpty else {
      watched = []
      uv_poll_stop(handle)
      return
    }
    guard events >= 0 else {
      // libuv has stopped the handle. The owner may read no more for now than what came before the
      // error: it is told again until it has met the error itself or waits for nothing.
      watched = []
      ready(interest)
      return goOn()
    }
    ready(Readiness(rawValue: events))
  }

  private func goOn() {
    guard !isClosed, !interest.isEmpty, watched.isEmpty else { return }
    watched = interest
    uv_poll_start(handle, interest.rawValue, socketPolled)
  }
}

@EventLoop
private func polled(_ data: UnsafeMutableRawPointer?, _ statusOrEvents: Int32) {
  owner(SocketWatch.self, data)?.polled(statusOrEvents)
}

private func socketPolled(
  _ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32
) {
  // An error is negative, and events are not.
  enterLoop(polled, handle?.pointee.data, status < 0 ? status : events)
}
