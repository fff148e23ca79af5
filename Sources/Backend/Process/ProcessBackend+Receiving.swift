import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// What comes out of the child, cut into lines.
extension ProcessBackend {
  func receiveLines() {
    while let line = framer.next() {
      switch line {
      case .line(let bytes): receive(bytes)
      case .tooLong(let prefix): receiveOversized(prefix)
      }
    }
    if framer.isLarge { trimLater() }
    if framer.discardedBytes > 2 * settings.longestMessage {
      end(.crashed("Service '\(service)' writes a line without end."), .atOnce)
    }
  }

  /// What a large message left in the framer is given back some time after it.
  private func trimLater() {
    guard trimTimer?.isActive != true else { return }
    let timer = trimTimer ?? LoopTimer { [unowned self] in trim() }
    trimTimer = timer
    timer.start(after: LineFramer.quietTime)
  }

  private func trim() {
    framer.trim()
    Heap.giveBack()
    if framer.isLarge, ending == nil { trimLater() }
  }
}

/// Hands on what the child's descriptors and its exit tell, as long as the backend
/// wants to hear it.
///
/// The reference is strong, and cut when the process is gone: weak ones make every
/// retain of their object slower, and the backend is retained for every message.
@EventLoop
final class BackendRelay: ByteSink {
  var backend: ProcessBackend?
  /// Where bytes go that arrive after the backend is gone.
  private let nowhere = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

  isolated deinit { nowhere.deallocate() }

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer {
    backend?.framer.tail(atLeast: count) ?? nowhere
  }

  func received(_ count: Int) {
    guard let backend else { return }
    backend.framer.commit(count)
    backend.receiveLines()
  }

  func ended(_ reason: EndOfInput) { backend?.outputEnded() }
}
