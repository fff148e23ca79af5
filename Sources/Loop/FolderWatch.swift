import CUV
import Glibc

/// Calls an action on the loop when something in a folder changes: a file that is written, made,
/// renamed or removed, the folder itself included.
///
/// A folder that is removed or renamed is followed no further: whoever watches looks again at
/// what the path means now. What happens below its folders is not seen.
@EventLoop
package final class FolderWatch {
  private let handle: UnsafeMutablePointer<uv_fs_event_t>
  fileprivate let action: @EventLoop () -> Void
  private var isClosed = false

  /// Watches from now on, until it is released. Throws ENOSPC or EMFILE where the system gives out
  /// no more watches, ENOENT where there is no folder.
  package init(_ folder: String, _ action: @escaping @EventLoop () -> Void) throws(SystemError) {
    self.action = action
    handle = .allocate(capacity: 1)
    uv_fs_event_init(EventLoop.executor.loop, handle)
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    let status = uv_fs_event_start(handle, folderChanged, folder, 0)
    guard status == 0 else {
      close()
      throw SystemError(code: -status)
    }
  }

  isolated deinit { close() }

  private func close() {
    guard !isClosed else { return }
    isClosed = true
    closeHandle(handle)
  }
}

@EventLoop
private func act(_ data: UnsafeMutableRawPointer?, _: Int32) {
  owner(FolderWatch.self, data)?.action()
}

private func folderChanged(
  _ handle: UnsafeMutablePointer<uv_fs_event_t>?, _: UnsafePointer<CChar>?, _: Int32, _: Int32
) {
  enterLoop(act, handle?.pointee.data)
}
