import Glibc

/// Standard input, read in large pieces and handed out line by line, uncopied.
struct Input {
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var start = 0
  private var end = 0
  /// Where the search for a newline goes on.
  private var searched = 0

  /// Waits for something to read; false when the time is over.
  func isReady(within milliseconds: Int32) -> Bool {
    var waiter = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    return poll(&waiter, 1, milliseconds) > 0
  }

  /// Reads once, blocking; false at the end of input. What `next` gave out is gone after it.
  mutating func fill() -> Bool {
    makeRoom()
    while true {
      let count = read(0, buffer.baseAddress?.advanced(by: end), buffer.count - end)
      if count > 0 {
        end += count
        return true
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        _ = isReady(within: -1)
        continue
      }
      return false
    }
  }

  private mutating func makeRoom() {
    if start > 0, let base = buffer.baseAddress {
      memmove(base, base + start, end - start)
      end -= start
      searched -= start
      start = 0
    }
    guard end == buffer.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: buffer.count * 2, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
    buffer.deallocate()
    buffer = larger
  }

  /// The next whole line without its newline.
  mutating func next() -> UnsafeRawBufferPointer? {
    guard let base = buffer.baseAddress,
      let newline = memchr(base + searched, 10, end - searched)
    else {
      searched = end
      return nil
    }
    let place = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
    let line = UnsafeRawBufferPointer(rebasing: buffer[start..<place])
    start = place + 1
    searched = start
    return line
  }
}
