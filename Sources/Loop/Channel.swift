import Glibc

/// One descriptor and how it may be used without ever blocking and without
/// changing the flags of its description, which other processes may share.
struct Channel {
  let descriptor: Int32
  private let isSocket: Bool
  private let isNonBlocking: Bool
  private let isFile: Bool

  /// What a blocking pipe surely takes once poll says that it is writable (PIPE_BUF).
  private static let safeWrite = 4096
  /// IOV_MAX.
  private static let vectorLimit = 1024

  init(_ descriptor: Int32) {
    var status = stat()
    let mode = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    let flags = fcntl(descriptor, F_GETFL)
    self.descriptor = descriptor
    isSocket = mode == S_IFSOCK
    isFile = mode == S_IFREG || mode == S_IFBLK
    isNonBlocking = isSocket || (flags >= 0 && flags & O_NONBLOCK != 0)
  }

  /// Whether a second read after one that was answered may be tried without asking first.
  var mayRepeat: Bool { isNonBlocking }

  enum Outcome {
    case moved(Int)
    case wouldBlock
    case failed(Int32)
  }

  /// Reads once; `moved(0)` is the end of the file.
  func read(into memory: UnsafeMutableRawBufferPointer) -> Outcome {
    while true {
      let count =
        isSocket
        ? recv(descriptor, memory.baseAddress, memory.count, Int32(MSG_DONTWAIT))
        : Glibc.read(descriptor, memory.baseAddress, memory.count)
      if let outcome = outcome(of: count) { return outcome }
    }
  }

  /// Writes as much as goes at once.
  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    if isSocket || !(isNonBlocking || isFile) {
      var vector = iovec(iov_base: base, iov_len: bytes.count)
      return withUnsafePointer(to: &vector) { write($0, 1) }
    }
    while true {
      let outcome = outcome(of: Glibc.write(descriptor, base, bytes.count))
      if let outcome { return outcome }
    }
  }

  /// Writes as much as goes at once of `queued`, the line, and a newline.
  func write(_ queued: UnsafeRawBufferPointer, _ line: Slices) -> Outcome {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: line.count + 2) { list in
      withUnsafePointer(to: newline) { newline in
        var count = 0
        func add(_ base: UnsafeRawPointer?, _ length: Int) {
          let base = UnsafeMutableRawPointer(mutating: base)
          list.initializeElement(at: count, to: iovec(iov_base: base, iov_len: length))
          count += 1
        }
        if !queued.isEmpty { add(queued.baseAddress, queued.count) }
        for index in 0..<line.count { add(line[index].iov_base, line[index].iov_len) }
        add(newline, 1)
        guard let base = list.baseAddress else { return .moved(0) }
        // What does not fit one call counts as not written, like any other rest.
        return write(base, min(count, Self.vectorLimit))
      }
    }
  }

  private func write(_ vectors: UnsafePointer<iovec>, _ count: Int) -> Outcome {
    while true {
      let written: Int
      if isSocket {
        var message = msghdr()
        message.msg_iov = UnsafeMutablePointer(mutating: vectors)
        message.msg_iovlen = count
        written = sendmsg(descriptor, &message, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      } else if isNonBlocking || isFile {
        written = writev(descriptor, vectors, Int32(count))
      } else {
        // A description that blocks is asked first, and given no more than it surely takes.
        guard isReady(POLLOUT) else { return .wouldBlock }
        let first = vectors.pointee
        written = Glibc.write(descriptor, first.iov_base, min(first.iov_len, Self.safeWrite))
      }
      if let outcome = outcome(of: written) { return outcome }
    }
  }

  /// Nil when the call was interrupted and has to be repeated.
  private func outcome(of count: Int) -> Outcome? {
    if count >= 0 { return .moved(count) }
    let code = errno
    return code == EINTR ? nil : code == EAGAIN ? .wouldBlock : .failed(code)
  }

  /// Whether poll(2) reports the event, an error or a hang-up, without waiting.
  func isReady(_ event: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return poll(&request, 1, 0) > 0
  }

  /// Bytes that can be read now; 0 where the kernel does not tell.
  var readableBytes: Int {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(max(0, count)) : 0
  }

  /// Makes a pipe hold up to 1 MiB. Does nothing where that is not allowed.
  func enlarge() { _ = fcntl(descriptor, setPipeSize, 1 << 20) }
}

let newline = UInt8(ascii: "\n")

/// F_SETPIPE_SZ of <linux/fcntl.h>, which the Glibc module does not show.
private let setPipeSize: Int32 = 1031
