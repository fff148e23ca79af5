import CUV
import Glibc

/// Reads a pipe, socket, terminal, file or /dev/null into a sink.
///
/// Owns the descriptor. Starts paused; a paused reader costs nothing. Holds
/// its sink until it is closed or the input has ended.
@EventLoop
package final class DescriptorReader: WatchOwner {
  private let channel: Channel
  @exclusivity(unchecked) private var sink: (any ByteSink)?
  private var watch: Watch?
  private var pump: FilePump?
  @exclusivity(unchecked) private var isClosed = false
  @exclusivity(unchecked) private var room = DescriptorReader.smallestRead
  @exclusivity(unchecked) private var smallReads = 0
  private var isEnlarged = false
  @exclusivity(unchecked) package private(set) var isPaused = true

  /// What a pipe holds before anybody has enlarged it.
  private static let smallestRead = 64 << 10
  private static let largestRead = 1 << 20
  /// After this many reads that left most of the room unused, less is asked for.
  private static let patience = 16

  package init(descriptor: Int32, sink: any ByteSink) {
    channel = Channel(descriptor)
    self.sink = sink
    // Files and /dev/null have no readiness (EPERM); anything else that is wrong shows in the read.
    watch = try? Watch(descriptor: descriptor, owner: self)
    if watch == nil { pump = FilePump { [unowned(unsafe) self] in descriptorIsReady() } }
  }

  isolated deinit { close() }

  package func resume() {
    guard isPaused && !isClosed else { return }
    isPaused = false
    watch?.start(.readable)
    pump?.start()
  }

  package func pause() {
    guard !isPaused else { return }
    isPaused = true
    watch?.stop()
    pump?.stop()
  }

  /// Delivers everything that a pipe or socket holds now, its end included,
  /// paused or not. For when the writer has died.
  package func drain() {
    var left = max(1, channel.readableBytes)
    while left > 0 && !isClosed {
      guard channel.mayRepeat || channel.isReady(POLLIN), let count = readOnce() else { return }
      left -= count
    }
    if !isClosed && (channel.mayRepeat || channel.isReady(POLLIN)) { _ = readOnce() }
  }

  /// Closes the descriptor and lets go of the sink, which hears nothing any more.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    isPaused = true
    watch?.close()
    watch = nil
    pump?.close()
    pump = nil
    sink = nil
    Glibc.close(channel.descriptor)
  }

  func descriptorIsReady() {
    var budget = Self.largestRead
    while budget > 0 && !isPaused {
      let asked = room
      guard let count = readOnce() else { break }
      // Less than was asked for: the pipe was empty, or will call again.
      guard count >= asked && channel.mayRepeat else { break }
      budget -= count
    }
    // An error condition stops the watch inside libuv.
    if !isPaused { watch?.start(.readable) }
  }

  /// Reads once and delivers; nil when there was nothing or the input ended.
  private func readOnce() -> Int? {
    guard let sink else { return nil }
    let memory = sink.tail(atLeast: room)
    switch channel.read(into: memory) {
    case .moved(let count) where count > 0:
      adapt(to: count)
      sink.received(count)
      return count
    case .moved:
      end(.endOfFile)
    case .wouldBlock:
      break
    case .failed(let code):
      end(.failed(code))
    }
    return nil
  }

  private func end(_ reason: EndOfInput) {
    let sink = sink
    close()
    sink?.ended(reason)
  }

  /// Asks for more room while reads fill it, so that a message of a megabyte takes few calls.
  private func adapt(to count: Int) {
    if count >= room {
      smallReads = 0
      room = min(room * 4, Self.largestRead)
      if !isEnlarged {
        isEnlarged = true
        channel.enlarge()
      }
    } else if room > Self.smallestRead && count < room / 8 {
      smallReads += 1
      if smallReads > Self.patience {
        smallReads = 0
        room = Self.smallestRead
      }
    }
  }
}
