import Glibc
package import Resilience

/// Writes lines to a pipe, socket, terminal or file without blocking.
///
/// Owns the descriptor. Lines are never torn apart or reordered. What the
/// kernel does not take is queued without a limit here: the caller looks at
/// `queuedBytes` before it writes more.
@EventLoop
package final class DescriptorWriter: EndOfTurnWork, WatchOwner {
  private enum State { case open, closing, closed }

  // No access to these overlaps a call that may come back here; the check at run time is
  // measurable (0.3 us a message).
  private let channel: Channel
  @exclusivity(unchecked) private var queue = ByteQueue()
  /// Whole lines that go out before the next line of the queue.
  @exclusivity(unchecked) private var urgent = ByteQueue()
  /// The kernel has taken a part of the first line in the queue.
  @exclusivity(unchecked) private var isInsideLine = false
  @exclusivity(unchecked) private var watch: Watch?
  @exclusivity(unchecked) private var state = State.open
  @exclusivity(unchecked) private var isScheduled = false
  @exclusivity(unchecked) private var isBlocked = false
  @exclusivity(unchecked) private var isAboveLowWater = false
  private var isEnlarged = false
  private var lingering: DescriptorWriter?

  /// Lines shorter than this are collected and written once a turn.
  package static let directLine = 16 << 10
  /// A turn's collection larger than this is written before the turn ends.
  private static let largestCollection = 256 << 10
  /// What a pipe holds before anybody has enlarged it.
  private static let largestPipe = 64 << 10

  /// `onDrained` is called when the queue falls below this many bytes after having been above.
  @exclusivity(unchecked) package var lowWater = 256 << 10
  package var onDrained: (@EventLoop () -> Void)?
  /// Called once, at the end of a turn, with the errno of the write that failed (EPIPE when the
  /// reader is gone). What was queued is lost; `sentBytes` tells how far it came.
  package var onFailed: (@EventLoop (Int32) -> Void)?
  /// Since when nothing at all could be written although something is queued.
  @exclusivity(unchecked) package private(set) var stalledSince: Instant?
  /// Bytes that the kernel has taken since the start.
  @exclusivity(unchecked) package private(set) var sentBytes = 0

  package init(descriptor: Int32) { channel = Channel(descriptor) }

  isolated deinit {
    abandon()
    queue.free()
    urgent.free()
  }

  /// Bytes that wait for the kernel to take them.
  package var queuedBytes: Int { queue.count + urgent.count }

  /// The value `sentBytes` has once everything written so far is sent: noted
  /// after a `write`, it tells later whether that line went out whole.
  package var acceptedBytes: Int { sentBytes + queue.count }

  /// False after a failure, `close()` or `abandon()`: lines are then dropped.
  package var isOpen: Bool { state == .open }

  /// Writes one line and its newline. Short lines go out at the end of the
  /// turn, long ones at once; only what the kernel does not take is copied.
  package func write(_ line: Slices) {
    guard state == .open else { return }
    if line.byteCount < Self.directLine || isBlocked {
      enqueue(line)
      if isBlocked { return noteLevel() }
      if queue.count > Self.largestCollection { flush() } else { schedule() }
    } else {
      writeDirectly(line)
    }
  }

  /// Writes a line of less than `directLine` bytes that `fill` puts straight into the queue: it is
  /// given room for `byteCount` bytes and says how many it has written there. Answers false, and
  /// does nothing, for a longer line.
  package func writeShort(
    byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Bool {
    guard byteCount < Self.directLine else { return false }
    guard state == .open else { return true }
    queue.append(atMost: byteCount, endingWith: newline, fill)
    if isBlocked {
      noteLevel()
    } else if queue.count > Self.largestCollection {
      flush()
    } else {
      schedule()
    }
    return true
  }

  /// Writes one line before all those that wait; a line that has begun to go out is finished.
  ///
  /// It counts neither for `sentBytes` nor for `acceptedBytes`.
  package func writeAhead(_ line: [UInt8]) {
    guard state == .open else { return }
    line.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { urgent.append(base, bytes.count) }
    }
    urgent.append(newline)
    if !isBlocked { schedule() }
  }

  /// Whether everything up to a former `acceptedBytes` is sent, or being sent as one line.
  package func hasBegun(upTo acceptedBytes: Int) -> Bool {
    acceptedBytes <= sentBytes + (isInsideLine ? restOfLine : 0)
  }

  /// Writes one line that `pieces` hands over one by one, however long it gets: each piece goes
  /// out, or is queued, as it comes. Nothing else may be written meanwhile, so `onDrained` waits
  /// for the end of the line.
  package func writeInPieces(_ pieces: ((UnsafeRawBufferPointer) -> Void) -> Void) {
    guard state == .open else { return }
    pieces { piece in
      guard state == .open, let base = piece.baseAddress else { return }
      queue.append(base, piece.count)
      guard !isBlocked, queue.count > Self.largestCollection else { return }
      let asked = queue.count
      _ = advance(channel.write(queue.bytes), of: asked)
    }
    guard state == .open else { return }
    queue.append(newline)
    noteLevel()
    if !isBlocked { schedule() }
  }

  /// Writes what is queued, as far as it goes now.
  package func flush() {
    guard state != .closed else { return }
    isBlocked = false
    while !(queue.isEmpty && urgent.isEmpty) && !isBlocked && state != .closed {
      if urgent.isEmpty {
        _ = advance(channel.write(queue.bytes), of: queue.count)
      } else {
        flushUrgent()
      }
    }
    noteLevel()
    if state == .closing && queue.isEmpty && urgent.isEmpty { abandon() }
  }

  /// The rest of the line that is going out, or as much as it goes of the urgent ones.
  private func flushUrgent() {
    if isInsideLine, !queue.isEmpty {
      let count = restOfLine
      _ = advance(channel.write(UnsafeRawBufferPointer(rebasing: queue.bytes[..<count])), of: count)
      return
    }
    let asked = urgent.count
    switch channel.write(urgent.bytes) {
    case .moved(let count):
      stalledSince = nil
      urgent.consume(min(count, asked))
      if count < asked { block(asked) }
    case .wouldBlock: block(asked)
    case .failed(let code): fail(code)
    }
  }

  /// Bytes of the queue up to the end of its first line.
  private var restOfLine: Int {
    let bytes = queue.bytes
    guard let base = bytes.baseAddress, let end = memchr(base, Int32(newline), bytes.count) else {
      return bytes.count
    }
    return UnsafeRawPointer(end) - base + 1
  }

  /// Closes the descriptor after what is queued has been written.
  package func close() {
    guard state == .open else { return }
    state = .closing
    flush()
    if state == .closing { lingering = self }
  }

  /// Closes the descriptor now and drops what is queued.
  package func abandon() {
    guard state != .closed else { return }
    state = .closed
    isBlocked = false
    stalledSince = nil
    watch?.close()
    watch = nil
    queue.free()
    urgent.free()
    Glibc.close(channel.descriptor)
    lingering = nil
  }

  override func turnEnded() {
    isScheduled = false
    flush()
  }

  private func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    EventLoop.executor.atEndOfTurn(self)
  }

  private func enqueue(_ line: Slices) {
    for index in 0..<line.count {
      let piece = line[index]
      if let base = piece.iov_base { queue.append(base, piece.iov_len) }
    }
    queue.append(newline)
  }

  /// Accounts for one write of `asked` bytes; nil when the descriptor failed,
  /// else the bytes taken. Waits for room when not all were.
  private func advance(_ outcome: Channel.Outcome, of asked: Int) -> Int? {
    switch outcome {
    case .moved(let count):
      sentBytes += count
      stalledSince = nil
      let taken = min(count, queue.count)
      if taken > 0 { isInsideLine = queue.bytes[taken - 1] != newline }
      queue.consume(taken)
      if count < asked { block(asked) }
      return count
    case .wouldBlock:
      block(asked)
      return 0
    case .failed(let code):
      fail(code)
      return nil
    }
  }

  private func writeDirectly(_ line: Slices) {
    let queued = queue.count
    let total = queued + line.byteCount + 1
    let outcome = channel.write(queue.bytes, line)
    // `advance` takes the queued bytes out of the queue first, as the kernel did.
    guard let count = advance(outcome, of: total), count < total else { return noteLevel() }
    if count > queued { isInsideLine = true }
    var skip = max(0, count - queued)
    for index in 0..<line.count {
      let piece = line[index]
      guard let base = piece.iov_base else { continue }
      if skip < piece.iov_len { queue.append(base + skip, piece.iov_len - skip) }
      skip = max(0, skip - piece.iov_len)
    }
    queue.append(newline)
    noteLevel()
  }

  /// Waits until the descriptor takes more.
  private func block(_ asked: Int) {
    isBlocked = true
    if stalledSince == nil { stalledSince = EventLoop.now }
    if !isEnlarged && asked > Self.largestPipe {
      isEnlarged = true
      channel.enlarge()
    }
    if watch == nil {
      watch = try? Watch(descriptor: channel.descriptor, owner: self)
    }
    // Files and /dev/null have no readiness: they go on in the next round.
    if let watch { watch.start(.writable) } else { schedule() }
  }

  func descriptorIsReady() {
    flush()
    if !isBlocked { watch?.stop() }
  }

  private func fail(_ code: Int32) {
    abandon()
    guard let report = onFailed else { return }
    onFailed = nil
    EventLoop.atEndOfTurn { report(code) }
  }

  private func noteLevel() {
    if queue.count >= lowWater {
      isAboveLowWater = true
    } else if isAboveLowWater {
      isAboveLowWater = false
      onDrained?()
    }
  }
}
