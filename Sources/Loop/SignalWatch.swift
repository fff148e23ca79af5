import CUV

/// Calls an action on the loop each time the process receives a signal.
/// Several deliveries that arrive together may be one call.
@EventLoop
package final class SignalWatch {
  private let handle: UnsafeMutablePointer<uv_signal_t>
  fileprivate let action: @EventLoop () -> Void

  /// Watches from now on, until it is released. The signal's default action no longer happens.
  package init(_ signal: Int32, _ action: @escaping @EventLoop () -> Void) {
    self.action = action
    handle = .allocate(capacity: 1)
    uv_signal_init(EventLoop.executor.loop, handle)
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    uv_signal_start(handle, received, signal)
  }

  isolated deinit { closeHandle(handle) }
}

@EventLoop
private func act(_ data: UnsafeMutableRawPointer?, _: Int32) {
  owner(SignalWatch.self, data)?.action()
}

private func received(_ handle: UnsafeMutablePointer<uv_signal_t>?, _: Int32) {
  enterLoop(act, handle?.pointee.data)
}
