import CUV

/// Calls once a turn: how descriptors without readiness are read, in bounded
/// pieces, while everything else gets its turn.
@EventLoop
final class FilePump {
  private let handle: UnsafeMutablePointer<uv_idle_t>
  fileprivate let action: @EventLoop () -> Void
  private var isClosed = false

  init(_ action: @escaping @EventLoop () -> Void) {
    self.action = action
    handle = .allocate(capacity: 1)
    uv_idle_init(EventLoop.executor.loop, handle)
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  isolated deinit { close() }

  func start() {
    guard !isClosed else { return }
    uv_idle_start(handle, turned)
  }

  func stop() {
    guard !isClosed else { return }
    uv_idle_stop(handle)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    closeHandle(handle)
  }
}

@EventLoop
private func act(_ data: UnsafeMutableRawPointer?, _: Int32) {
  owner(FilePump.self, data)?.action()
}

private func turned(_ handle: UnsafeMutablePointer<uv_idle_t>?) {
  enterLoop(act, handle?.pointee.data)
}
