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

  /// - Parameter answer: true keeps the connection for another request. Any thread calls it.
  package init(
    unixPath: String? = nil, answer: @escaping Answer = { Misbehaviour.answer($0, $1) }
  ) throws {
    self.answer = answer
    signal(SIGPIPE, SIG_IGN)
    (listener, port) = try unixPath.map { (try listen(onPath: $0), 0) } ?? listenOnPort()
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

private func listenOnPort() throws -> (Int32, Int) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 256) == 0
        && getsockname(descriptor, address, &size) == 0
    }
  }
  guard status else { throw RawHTTPServer.Failure(call: "bind", code: errno) }
  return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
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
