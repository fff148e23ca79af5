import Glibc

/// Unix sockets by path, with names of any length.
///
/// `sockaddr_un` holds 107 bytes of a path, and state folders are longer than that at times. So
/// the folder is opened and the socket named through `/proc/self/fd/N`.
package enum LocalSocket {
  /// Makes a socket of mode 0600 that listens at `path`; whatever is there is replaced.
  ///
  /// It gets its name after it listens: one that can be seen and refuses is left over from a
  /// process that has died. Non-blocking, close-on-exec.
  package static func listen(at path: String, backlog: Int32 = 16) throws(SystemError) -> Int32 {
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = try make(flags: Int32(SOCK_NONBLOCK.rawValue))
    // No moment in which others could connect.
    let mask = umask(0o177)
    let status = name(temporary) { bind(descriptor, $0, $1) }
    let code = errno
    umask(mask)
    guard status == 0 else {
      close(descriptor)
      throw SystemError(code: code)
    }
    guard Glibc.listen(descriptor, backlog) == 0, rename(temporary, path) == 0 else {
      let code = errno
      close(descriptor)
      unlink(temporary)
      throw SystemError(code: code)
    }
    return descriptor
  }

  /// Connects to the socket at `path`; ECONNREFUSED says that nobody listens there any more.
  ///
  /// Blocking, close-on-exec; it, each read and each write take at most `milliseconds` and then
  /// fail with EAGAIN.
  package static func connect(
    to path: String, milliseconds: Int
  ) throws(SystemError) -> Int32 {
    let descriptor = try make(flags: 0)
    limit(descriptor, milliseconds: milliseconds)
    guard name(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let code = errno
      close(descriptor)
      throw SystemError(code: code)
    }
    return descriptor
  }

  /// Takes the next connection; non-blocking, close-on-exec.
  package static func accept(from listener: Int32) throws(SystemError) -> Int32 {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor >= 0 {
        // No child is started between these calls: one thread does both.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
      }
      guard errno == EINTR || errno == ECONNABORTED else { throw SystemError(code: errno) }
    }
  }

  /// The user on the other side; nil where the kernel does not tell.
  package static func peer(of descriptor: Int32) -> UInt32? {
    // struct ucred: process, user, group.
    var credentials: [UInt32] = [0, 0, 0]
    var size = socklen_t(12)
    guard getsockopt(descriptor, SOL_SOCKET, peerCredentials, &credentials, &size) == 0,
      size == 12
    else { return nil }
    return credentials[1]
  }

  /// Removes the name of a socket at which nobody listens any more.
  package static func removeIfStale(_ path: String) {
    do throws(SystemError) {
      close(try connect(to: path, milliseconds: 1))
    } catch {
      if error.code == ECONNREFUSED { unlink(path) }
    }
  }

  private static func limit(_ descriptor: Int32, milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  private static func make(flags: Int32) throws(SystemError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    return descriptor
  }

  /// Calls `body` with the address of `path`; -1 and `errno` where it has none.
  private static func name(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    let bytes = Array(path.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    let parent = slash.map { String(decoding: bytes[..<max($0, 1)], as: UTF8.self) } ?? "."
    let folder = open(parent, openPath | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return -1 }
    defer { close(folder) }
    let short = Array("/proc/self/fd/\(folder)/".utf8) + bytes[(slash.map { $0 + 1 } ?? 0)...]
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard short.count < MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        let status = body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        let code = errno
        defer { errno = code }
        return status
      }
    }
  }
}

/// SO_PEERCRED of <asm-generic/socket.h> and O_PATH of <fcntl.h>, which the Glibc module hides.
private let peerCredentials: Int32 = 17
private let openPath: Int32 = 0o10000000
