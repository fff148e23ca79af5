import Glibc
import Resilience

/// The memory that the C library keeps after it was freed.
///
/// Once a large block has been freed, glibc takes later ones from its heap too, and gives the end of
/// that back only when it is twice as long as the largest block was: up to 64 MiB stay with a process
/// that needs them never again.
@EventLoop
package enum Heap {
  private typealias Trim = @convention(c) (Int) -> Int32
  /// malloc_trim(3), whose header Swift does not import; nil where the C library has none.
  private static let trim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: Trim.self) }
  private static var last = Instant(nanoseconds: .min)
  /// It looks through the whole heap, so not after each of many messages.
  private static let pace = Duration.milliseconds(200)

  /// Gives free pages back to the system; for owners of large buffers that have become idle.
  package static func giveBack() {
    let now = EventLoop.now
    guard now - last >= pace else { return }
    last = now
    _ = trim?(0)
  }
}
