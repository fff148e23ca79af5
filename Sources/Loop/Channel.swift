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
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .wouldBlock : .failed(errno)
    }
  }

  /// Writes as much of the vectors as goes at once. A description that blocks
  /// is asked first, and given no more than it surely takes.
  func write(_ vectors: UnsafeBufferPointer<iovec>) -> Outcome {
    while true {
      let count: Int
      if isSocket {
        var message = msghdr()
        message.msg_iov = UnsafeMutablePointer(mutating: vectors.baseAddress)
        message.msg_iovlen = vectors.count
        count = sendmsg(
          descriptor, &message, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      } else if isNonBlocking || isFile {
        count = writev(descriptor, vectors.baseAddress, Int32(vectors.count))
      } else {
        guard let first = vectors.first, isReady(POLLOUT) else { return .wouldBlock }
        count = Glibc.write(descriptor, first.iov_base, min(first.iov_len, Self.safeWrite))
      }
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .wouldBlock : .failed(errno)
    }
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

/// F_SETPIPE_SZ of <linux/fcntl.h>, which the Glibc module does not show.
private let setPipeSize: Int32 = 1031
