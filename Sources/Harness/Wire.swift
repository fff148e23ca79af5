import Glibc
package import Resilience

/// Non-blocking traffic with one server, driven by whoever waits for something.
///
/// Nothing moves except inside `move`. It writes what is queued, and reads
/// stdout and stderr, so that neither side can wait for the other for ever.
package final class Wire {
  let process: ServerProcess
  /// Called for each whole line of stdout, without its newline.
  package var onLine: ([UInt8], Instant) -> Void = { _, _ in }
  /// Called for what comes on stderr.
  package var onErrors: ([UInt8]) -> Void = { _ in }
  /// While false, stdout is left in the pipe: a client that does not read.
  package var readsOutput = true
  /// Bytes for stdin that the server has not taken yet.
  private(set) var outbox: [UInt8] = []
  private var sent = 0
  /// What came on stdout after the last newline.
  package private(set) var partialLine: [UInt8] = []
  /// What came on stderr; the first part of it, up to `stderrLimit`.
  private(set) var stderr: [UInt8] = []
  package private(set) var outputEnded = false
  package private(set) var inputBroken = false
  private var errorsEnded = false
  /// A descriptor of somebody else that is watched too, while little is queued.
  var companion: (descriptor: Int32, onReadable: () -> Void)?
  private var closesInputWhenSent = false

  static let stderrLimit = 1 << 20
  private var chunk = [UInt8](repeating: 0, count: 1 << 17)

  package init(_ process: ServerProcess) { self.process = process }

  package var queued: Int { outbox.count - sent }

  package func post(_ bytes: [UInt8]) {
    guard !inputBroken, process.input >= 0 else { return }
    outbox += bytes
  }

  /// Closes stdin after what is queued.
  package func finishInput() {
    closesInputWhenSent = true
    closeInputIfSent()
  }

  /// Moves bytes until `isDone` says so or the time is over; says whether it was done.
  ///
  /// `isDone` is asked after every movement. Ends early when nothing can come any more
  /// and `waitsForExit` is false.
  package func move(
    until deadline: Instant, waitsForExit: Bool = false, _ isDone: () -> Bool
  ) -> Bool {
    while true {
      if isDone() { return true }
      let left = (deadline - MonotonicClock.now).inMilliseconds
      guard left > 0 else { return false }
      var waiters: [pollfd] = []
      if !outputEnded, readsOutput, process.output >= 0 { waiters.append(reader(process.output)) }
      if !errorsEnded { waiters.append(reader(process.errors)) }
      if queued > 0, !inputBroken, process.input >= 0 {
        waiters.append(pollfd(fd: process.input, events: Int16(POLLOUT), revents: 0))
      }
      if let companion, queued < 1 << 20 { waiters.append(reader(companion.descriptor)) }
      // Without a descriptor that tells of the exit, a slice of time must do.
      let slice = waitsForExit ? min(left, 5) : left
      if outputEnded, !waitsForExit, queued == 0 || inputBroken { return isDone() }
      let count = poll(&waiters, nfds_t(waiters.count), Int32(clamping: slice))
      guard count > 0 else { continue }
      for waiter in waiters where waiter.revents != 0 {
        switch waiter.fd {
        case process.output: readOutput()
        case process.errors: readErrors()
        case process.input: writeInput()
        default: companion?.onReadable()
        }
      }
    }
  }

  private func reader(_ descriptor: Int32) -> pollfd {
    pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  }

  private func readOutput() {
    let count = read(process.output, &chunk, chunk.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      outputEnded = true
      return
    }
    let now = MonotonicClock.now
    var start = 0
    while let newline = chunk.newline(from: start, to: count) {
      partialLine += chunk[start..<newline]
      start = newline + 1
      let line = partialLine
      partialLine.removeAll()
      onLine(line, now)
    }
    partialLine += chunk[start..<count]
  }

  private func readErrors() {
    let count = read(process.errors, &chunk, chunk.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      errorsEnded = true
      return
    }
    onErrors(Array(chunk[0..<count]))
    stderr += chunk[0..<min(count, Self.stderrLimit - stderr.count)]
  }

  private func writeInput() {
    let written = outbox.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
      // MSG_NOSIGNAL exists for sockets only; the runner ignores SIGPIPE.
      return write(process.input, rest.baseAddress, rest.count)
    }
    if written > 0 {
      sent += written
    } else if errno != EAGAIN, errno != EINTR {
      inputBroken = true
      sent = outbox.count
    }
    guard sent == outbox.count else { return }
    outbox.removeAll(keepingCapacity: outbox.capacity < 1 << 20)
    sent = 0
    closeInputIfSent()
  }

  private func closeInputIfSent() {
    if closesInputWhenSent, queued == 0 { process.closeInput() }
  }
}

extension [UInt8] {
  /// Where the next newline stands, by memchr: lines can be very long.
  func newline(from start: Int, to end: Int) -> Int? {
    withUnsafeBytes { bytes in
      guard start < end, end <= bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + start, 10, end - start)
      else { return nil }
      return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }
}
