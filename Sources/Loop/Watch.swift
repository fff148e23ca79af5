import CUV
import Glibc

/// What a `Watch` tells that its descriptor is ready.
@EventLoop
protocol WatchOwner: AnyObject {
  func descriptorIsReady()
}

/// Readiness of one descriptor. Does not own the descriptor, and must be
/// closed before it (otherwise libuv forgets somebody else's).
///
/// Its owner closes it, or outlives it. An owner in place of a closure: each message comes in
/// here, and a closure costs three calls and two reference counts more.
@EventLoop
final class Watch {
  enum Condition { case readable, writable }

  private let handle: UnsafeMutablePointer<uv_poll_t>
  private unowned(unsafe) let owner: any WatchOwner
  /// An owner that only this watch has.
  private let action: WatchAction?
  private var isClosed = false
  private(set) var isActive = false

  /// Fails with an errno; EPERM says that the descriptor has no readiness (files, /dev/null).
  convenience init(
    descriptor: Int32, ready: @escaping @EventLoop () -> Void
  ) throws(SystemError) {
    let action = WatchAction(ready)
    try self.init(descriptor: descriptor, owner: action, action: action)
  }

  /// The same for an owner that closes it before it goes.
  init(
    descriptor: Int32, owner: any WatchOwner, action: WatchAction? = nil
  ) throws(SystemError) {
    self.owner = owner
    self.action = action
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
    // The last thing here: the owner may let go of this.
    owner.descriptorIsReady()
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

/// Calls a closure.
@EventLoop
final class WatchAction: WatchOwner {
  private let action: @EventLoop () -> Void

  init(_ action: @escaping @EventLoop () -> Void) { self.action = action }

  func descriptorIsReady() { action() }
}

@EventLoop
private func polled(_ data: UnsafeMutableRawPointer?, _ status: Int32) {
  withOwner(Watch.self, data) { $0.polled(status) }
}

private func pollFired(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _: Int32) {
  enterLoop(polled, handle?.pointee.data, status)
}

/// An errno.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  package var code: Int32

  package init(code: Int32) { self.code = code }

  package var description: String { String(cString: strerror(code)) }
}
