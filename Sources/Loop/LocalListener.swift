import Glibc
import Resilience

/// Takes connections to a unix socket of ours.
///
/// Removes the socket's name when it is closed or released. While the process has no descriptor
/// to spare, connections wait in the kernel's queue and are looked at once a second: a listener
/// that is readable and cannot be served would keep the loop busy.
@EventLoop
package final class LocalListener {
  private let descriptor: Int32
  private let path: String
  private let accepted: @EventLoop (Int32) -> Void
  private var watch: SocketWatch?
  private var pause: LoopTimer?

  /// Listens at `path`; `accepted` owns each descriptor that it is given.
  package init(
    path: String, accepted: @escaping @EventLoop (Int32) -> Void
  ) throws(SystemError) {
    self.path = path
    self.accepted = accepted
    descriptor = try LocalSocket.listen(at: path)
    watch = try SocketWatch(socket: descriptor) { [unowned self] _ in take() }
    watch?.watch(for: .readable)
  }

  isolated deinit { close() }

  package func close() {
    guard let watch else { return }
    self.watch = nil
    pause = nil
    watch.close()
    Glibc.close(descriptor)
    unlink(path)
  }

  private func take() {
    while watch != nil {
      do throws(SystemError) {
        accepted(try LocalSocket.accept(from: descriptor))
      } catch {
        if error.code != EAGAIN { rest() }
        return
      }
    }
  }

  private func rest() {
    watch?.watch(for: [])
    let timer = pause ?? LoopTimer { [unowned self] in watch?.watch(for: .readable) }
    pause = timer
    timer.start(after: .seconds(1))
  }
}
