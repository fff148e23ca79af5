import Glibc
import HTTPTesting
import Loop
import LoopTesting
import Synchronization
import Testing

@testable import HTTP

/// The first request waits for libcurl, and nobody else does.
@Suite(.eventLoop)
struct LoaderTests {
  /// Opens the real library when it is told to.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let count = Mutex(0)

    var opened: Int { count.withLock { $0 } }

    func open() { isOpen.withLock { $0 = true } }

    func library() -> Result<CurlLibrary.Opened, HTTPError> {
      count.withLock { $0 += 1 }
      while !isOpen.withLock({ $0 }) { usleep(1_000) }
      return CurlLibrary.open("libcurl.so.4")
    }
  }

  private func origin(_ server: RawHTTPServer) throws -> HTTPOrigin {
    try HTTPOrigin.parse(server.url).origin
  }

  @Test @EventLoop
  func `the loop keeps turning while the library is loaded`() async throws {
    let server = try RawHTTPServer()
    let gate = Gate()
    let loader = CurlLoader { gate.library() }
    let clients = try (0..<2).map { _ in
      HTTPClient(origin: try origin(server), connections: 2, loader: loader)
    }
    var statuses: [Int?] = []
    for client in clients {
      client.fetch(HTTPRequest(method: "GET", target: "/echo")) { statuses.append($0.status) }
    }
    // The library is given free by a turn of the loop: were it loaded here, none would come.
    #expect(await eventually { gate.opened == 1 })
    await pause(.milliseconds(20))
    #expect(statuses.isEmpty)
    gate.open()
    #expect(await eventually { statuses == [200, 200] })
    #expect(await get(clients[0], "/echo").status == 200)
    #expect(gate.opened == 1)
    for client in clients { client.close() }
  }

  @Test @EventLoop
  func `a request can be cancelled, time out or lose its client while the library is loaded`()
    async throws
  {
    let server = try RawHTTPServer()
    let gate = Gate()
    let loader = CurlLoader { gate.library() }
    let client = HTTPClient(origin: try origin(server), connections: 2, loader: loader)
    let cancelled = EventRecorder()
    client.start(HTTPRequest(method: "GET", target: "/echo"), events: cancelled).cancel()
    let hurried = await get(client, "/echo", limits: HTTPLimits(total: .milliseconds(30)))
    #expect(hurried.kind == .timeout(.total))
    #expect(hurried.error?.wasSent == .notSent)
    let closed = HTTPClient(origin: try origin(server), connections: 2, loader: loader)
    var kind: HTTPError.Kind?
    closed.fetch(HTTPRequest(method: "GET", target: "/echo")) { kind = $0.kind }
    await pause(.milliseconds(1))
    closed.close()
    #expect(await eventually { kind == .cancelled })
    gate.open()
    #expect(await get(client, "/echo").status == 200)
    #expect(cancelled.events.isEmpty)
    #expect(server.requests.count == 1)
    client.close()
  }

  @Test @EventLoop
  func `without the library every request fails, and it is asked for once`() async throws {
    let server = try RawHTTPServer()
    let asked = Mutex(0)
    let loader = CurlLoader {
      asked.withLock { $0 += 1 }
      return CurlLibrary.open("libcurl-none.so.4")
    }
    let client = HTTPClient(origin: try origin(server), connections: 2, loader: loader)
    for _ in 0..<3 {
      let error = await get(client, "/echo").error
      #expect(error?.kind == .unavailableLibrary)
      #expect(error?.wasSent == .notSent)
    }
    #expect(asked.withLock { $0 } == 1)
    #expect(server.accepted == 0)
    client.close()
  }
}
