// HTTPTesting: an HTTP server that does on command what servers should not do.
//
// It works on bytes: a thread for each connection reads requests and gives them to an answer, which
// writes what it likes and may break the connection. By default the request's path names the
// misbehaviour (`Misbehaviour`), so that one server serves many tests, and programs of other
// processes as well. Every request is kept for tests to look at.
import Glibc
import Synchronization

/// A server on a port of 127.0.0.1, or on a unix socket, until it is stopped.
package final class RawHTTPServer: Sendable {
  package typealias Answer = @Sendable (RawRequest, RawConnection) -> Bool

  /// 0 for a unix socket.
  package let port: Int
  private let listener: Int32
  private let answer: Answer
  private let state = Mutex(State())

  private struct State {
    var requests: [RawRequest] = []
    var accepted = 0
    var open: Set<Int32> = []
    var isStopped = false
  }

  package struct Failure: Error {
    package let call: String
    package let code: Int32
  }

  /// - Parameters:
  ///   - overIPv6: listens on ::1 instead.
  ///   - port: of one that was stopped and was replaceable; otherwise a free one.
  ///   - isReplaceable: another may take its port once it is stopped.
  ///   - answer: true keeps the connection for another request. Any thread calls it.
  package init(
    unixPath: String? = nil, overIPv6: Bool = false, port: Int = 0, isReplaceable: Bool = false,
    answer: @escaping Answer = { Misbehaviour.answer($0, $1) }
  ) throws {
    self.answer = answer
    signal(SIGPIPE, SIG_IGN)
    (listener, self.port) =
      try unixPath.map { (try listen(onPath: $0), 0) }
      ?? (overIPv6 ? listenOnPort6(backlog: 256) : listenOnPort(port, isReplaceable: isReplaceable))
    try detach { [self] in accept() }
  }

  deinit { close(listener) }

  /// All requests so far whose head and body were read, in the order of their end.
  package var requests: [RawRequest] { state.withLock { $0.requests } }
  /// Connections so far.
  package var accepted: Int { state.withLock { $0.accepted } }
  /// Connections that are open on our side.
  package var open: Int { state.withLock { $0.open.count } }

  /// `http://127.0.0.1:PORT`
  package var url: String { "http://127.0.0.1:\(port)" }

  /// Refuses new connections and breaks those there are.
  package func stop() {
    state.withLock {
      $0.isStopped = true
      for descriptor in $0.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func accept() {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      var on: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
      let number = state.withLock {
        $0.accepted += 1
        $0.open.insert(descriptor)
        return $0.accepted
      }
      let started: Void? = try? detach { [self] in
        serve(RawConnection(descriptor, number))
        state.withLock { _ = $0.open.remove(descriptor) }
        close(descriptor)
      }
      if started == nil { close(descriptor) }
    }
  }

  private func serve(_ connection: RawConnection) {
    while let request = connection.readHead() {
      var request = request
      // The answer may read the body itself, or leave it.
      if !Misbehaviour.leavesBody(request) { connection.readBody(&request) }
      let whole = request
      state.withLock { $0.requests.append(whole) }
      guard answer(whole, connection) else { return }
    }
  }
}

/// One request as it came.
package struct RawRequest: Sendable {
  /// Of the connection, from 1.
  package var connection: Int
  package var method: String
  package var target: String
  /// Names and values as sent, in order.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8] = []

  /// The values of the fields with that name, in any case.
  package func values(of name: String) -> [String] {
    headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }
}

private func listen(onPath path: String) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
  let size = socklen_t(MemoryLayout<sockaddr_un>.size)
  let bound = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
  }
  guard bound == 0, Glibc.listen(descriptor, 64) == 0 else {
    throw RawHTTPServer.Failure(call: "bind", code: errno)
  }
  return descriptor
}

private func listenOnPort(_ port: Int, isReplaceable: Bool) throws -> (Int32, Int) {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
  return try listen(at: &address, AF_INET, backlog: 256, isReplaceable: isReplaceable)
}

private func listenOnPort6(_ port: Int = 0, backlog: Int32) throws -> (Int32, Int) {
  var address = sockaddr_in6()
  address.sin6_family = sa_family_t(AF_INET6)
  address.sin6_addr = in6addr_loopback
  address.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
  return try listen(at: &address, AF_INET6, backlog: backlog)
}

/// Answers the descriptor and the port, which lies at the same place in both families.
private func listen<Address>(
  at address: inout Address, _ family: Int32, backlog: Int32, isReplaceable: Bool = false
) throws -> (Int32, Int) {
  let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var reuse: Int32 = isReplaceable ? 1 : 0
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
  var size = socklen_t(MemoryLayout<Address>.size)
  let isListening = withUnsafeMutableBytes(of: &address) { bytes in
    let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
    return bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, backlog) == 0
      && getsockname(descriptor, address, &size) == 0
  }
  guard isListening else {
    let code = errno
    close(descriptor)
    throw RawHTTPServer.Failure(call: "bind", code: code)
  }
  return withUnsafeBytes(of: &address) { (descriptor, Int($0[2]) << 8 | Int($0[3])) }
}

/// A port of ::1 that takes no connection and refuses none: what comes is lost, as behind a wall.
package final class DeadEnd: Sendable {
  private let descriptors: [Int32]

  package init(port: Int) throws {
    var descriptors = [try listenOnPort6(port, backlog: 0).0]
    for _ in 0..<4 {
      let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
      let filler = socket(AF_INET6, Int32(flags), 0)
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      address.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
      _ = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
      descriptors.append(filler)
    }
    self.descriptors = descriptors
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}

/// Runs a body on a thread of its own.
func detach(_ body: @escaping @Sendable () -> Void) throws {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let work = Unmanaged.passRetained(Work(body))
  let status = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, work.toOpaque())
  guard status == 0 else {
    work.release()
    throw RawHTTPServer.Failure(call: "pthread_create", code: status)
  }
  pthread_detach(thread)
}
