import CUV

/// Any libuv handle as its common header.
func rawHandle<Handle>(_ handle: UnsafeMutablePointer<Handle>) -> UnsafeMutablePointer<uv_handle_t>
{
  UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
}

/// Closes a handle at once (no callback of it runs any more) and frees its
/// memory when libuv lets go of it.
@EventLoop
func closeHandle<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
  handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { $0.pointee.data = nil }
  uv_close(rawHandle(handle)) { UnsafeMutableRawPointer($0)?.deallocate() }
}

/// Calls `body` with the Swift owner a handle's `data` points at, unless the handle is closed.
///
/// Without a reference count: the owner must stay, or not look at itself after what lets it go.
@inline(__always)
func withOwner<Owner: AnyObject>(
  _ type: Owner.Type, _ data: UnsafeMutableRawPointer?, _ body: (Owner) -> Void
) {
  guard let data else { return }
  Unmanaged<Owner>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
}

/// The Swift owner a handle's `data` points at; nil once the handle is closed.
func owner<Owner: AnyObject>(_ type: Owner.Type, _ data: UnsafeMutableRawPointer?) -> Owner? {
  guard let data else { return nil }
  return Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
}
