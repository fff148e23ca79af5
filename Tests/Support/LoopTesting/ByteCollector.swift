package import Loop

/// A sink that keeps everything and lets a test wait for it.
@EventLoop
package final class ByteCollector: ByteSink {
  package private(set) var bytes: [UInt8] = []
  package private(set) var end: EndOfInput?
  /// The size of each delivery.
  package private(set) var deliveries: [Int] = []
  private var memory: UnsafeMutableRawBufferPointer = .allocate(byteCount: 0, alignment: 1)
  private var waiting:
    [(isDone: @EventLoop () -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

  package init() {}

  isolated deinit { memory.deallocate() }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < count {
      memory.deallocate()
      memory = .allocate(byteCount: count, alignment: 1)
    }
    return memory
  }

  package func received(_ count: Int) {
    bytes += memory[..<count]
    deliveries.append(count)
    wake()
  }

  package func ended(_ reason: EndOfInput) {
    end = reason
    wake()
  }

  /// Waits until at least `count` bytes have come.
  package func wait(forBytes count: Int) async { await wait { self.bytes.count >= count } }

  /// Waits for the end of the input.
  package func waitForEnd() async { await wait { self.end != nil } }

  private func wait(_ isDone: @escaping @EventLoop () -> Bool) async {
    guard !isDone() else { return }
    await withCheckedContinuation { waiting.append((isDone, $0)) }
  }

  private func wake() {
    let all = waiting
    waiting = []
    for entry in all {
      if entry.isDone() || end != nil { entry.continuation.resume() } else { waiting.append(entry) }
    }
  }
}
