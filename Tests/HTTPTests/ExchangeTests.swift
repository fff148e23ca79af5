import HTTP
import HTTPTesting
import Loop
import LoopTesting
import Testing

@Suite(.eventLoop)
struct ExchangeTests {
  @Test @EventLoop
  func `a request arrives as it was given and its answer comes back`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let answer = await fetch(
      client,
      HTTPRequest(
        method: "POST", target: "/echo/a%2Fb?c=d%20e",
        headers: [HTTPHeader("X-Team", "core"), HTTPHeader("X-Empty", "")],
        body: .bytes(Array("{}".utf8))))
    #expect(answer.status == 200)
    let request = try #require(server.requests.first)
    #expect(request.method == "POST")
    #expect(request.target == "/echo/a%2Fb?c=d%20e")
    #expect(request.values(of: "x-team") == ["core"])
    #expect(request.values(of: "x-empty") == [""])
    #expect(request.values(of: "host") == ["127.0.0.1:\(server.port)"])
    #expect(request.values(of: "content-length") == ["2"])
    #expect(request.values(of: "expect") == [])
    #expect(request.values(of: "content-type") == [])
    #expect(request.body == Array("{}".utf8))
    client.close()
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) @EventLoop
  func `a method goes out without a body`(method: String) async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    for _ in 0..<2 {
      let answer = await fetch(client, HTTPRequest(method: method, target: "/status/200"))
      // The raw server sends a body to HEAD too, which nobody reads; its connection is not kept.
      #expect(answer.status == 200)
      let isHead = method.utf8.elementsEqual("HEAD".utf8)
      #expect(answer.text == (isHead ? "" : "status 200"))
    }
    #expect(server.requests.map(\.method) == [method, method])
    #expect(server.requests.allSatisfy { $0.body.isEmpty })
    let lengths = server.requests[0].values(of: "content-length")
    #expect(lengths == (["POST", "PUT", "PATCH"].contains(method) ? ["0"] : []))
    client.close()
  }

  @Test @EventLoop
  func `handles are used again without a trace of the request before`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server, connections: 1)
    let large = [UInt8](repeating: 0x7a, count: 100_000)
    let requests = [
      HTTPRequest(method: "PUT", target: "/echo/1", body: .bytes(large)),
      HTTPRequest(method: "GET", target: "/echo/2", headers: [HTTPHeader("A", "1")]),
      HTTPRequest(method: "POST", target: "/echo/3", body: .bytes([0x61])),
      HTTPRequest(method: "DELETE", target: "/echo/4"),
      HTTPRequest(method: "POST", target: "/echo/5"),
      HTTPRequest(method: "GET", target: "/echo/6"),
      HTTPRequest(method: "POST", target: "/echo/7", body: .bytes([0x61, 0x62])),
      HTTPRequest(
        method: "POST", target: "/echo/7", headers: [HTTPHeader("A", "2")],
        body: .bytes([UInt8](repeating: 0x62, count: 5_000))),
      HTTPRequest(
        method: "POST", target: "/echo/7", headers: [HTTPHeader("A", "3")], body: .bytes([0x63])),
      HTTPRequest(method: "PUT", target: "/echo/7", body: .bytes([0x64, 0x64, 0x64])),
    ]
    let counts = [100_000, 0, 1, 0, 0, 0, 2, 5_000, 1, 3]
    for request in requests { #expect(await fetch(client, request).status == 200) }
    #expect(server.requests.map(\.method) == requests.map(\.method))
    #expect(server.requests.map(\.target) == requests.map(\.target))
    #expect(server.requests.map(\.body.count) == counts)
    #expect(
      server.requests.map { $0.body.last } == [
        0x7a, nil, 0x61, nil, nil, nil, 0x62, 0x62, 0x63, 0x64,
      ])
    #expect(
      server.requests.map { $0.values(of: "A") } == [
        [], ["1"], [], [], [], [], [], ["2"], ["3"], [],
      ])
    #expect(server.requests.allSatisfy { $0.values(of: "content-type").isEmpty })
    #expect(server.requests.allSatisfy { $0.values(of: "expect").isEmpty })
    #expect(server.accepted == 1)
    client.close()
  }

  @Test @EventLoop
  func `events come in order, and none within start`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let events = EventRecorder()
    _ = client.start(HTTPRequest(method: "GET", target: "/chunks/3"), events: events)
    #expect(events.events.isEmpty)
    #expect(await eventually { events.outcome != nil })
    #expect(events.events == [.responded(200), .received, .finished(nil)])
    #expect(events.bytes == Array("100001000110002".utf8))
    #expect(events.head?.version == .http1)

    let refused = EventRecorder()
    _ = client.start(HTTPRequest(method: "GET", target: "no"), events: refused)
    #expect(refused.events.isEmpty)
    #expect(await eventually { refused.outcome != nil })
    #expect(refused.events == [.finished(.invalidRequest)])
    client.close()
  }

  @Test @EventLoop
  func `a body of known length is streamed and its progress told`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let events = EventRecorder()
    let source = PiecedBody([.bytes(70_000), .later, .bytes(30_000)])
    let transfer = client.start(
      HTTPRequest(method: "POST", target: "/echo", body: .stream(length: 100_000, source: source)),
      events: events)
    #expect(await eventually { events.events.contains(.sent(70_000)) || source.reads >= 3 })
    transfer.bodyIsReady()
    #expect(await eventually { events.outcome != nil })
    #expect(events.head?.status == 200)
    #expect(server.requests.first?.body.count == 100_000)
    #expect(server.requests.first?.values(of: "content-length") == ["100000"])
    let told = events.events.compactMap { event in
      if case .sent(let total) = event { total } else { nil }
    }
    #expect(told == told.sorted())
    #expect(told.last == 100_000)
    client.close()
  }

  @Test @EventLoop
  func `a body of unknown length goes out in chunks`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let source = PiecedBody([.bytes(5), .bytes(200_000)])
    let answer = await fetch(
      client,
      HTTPRequest(method: "POST", target: "/echo", body: .stream(length: nil, source: source)))
    #expect(answer.status == 200)
    #expect(server.requests.first?.values(of: "transfer-encoding") == ["chunked"])
    #expect(server.requests.first?.body.count == 200_005)
    client.close()
  }

  @Test @EventLoop
  func `a body that is shorter than declared ends the transfer`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let source = PiecedBody([.bytes(5)])
    let answer = await fetch(
      client, HTTPRequest(method: "POST", target: "/echo", body: .stream(length: 9, source: source))
    )
    #expect(answer.kind == .bodySource)
    client.close()
  }

  @Test @EventLoop
  func `a receiver that pauses is sent nothing more, and everything afterwards`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let events = EventRecorder()
    var limits = HTTPLimits()
    // While the receiver has paused it may be longer than this without a byte.
    limits.idle = .milliseconds(200)
    let transfer = client.start(
      HTTPRequest(method: "GET", target: "/bytes/3000000", limits: limits), events: events)
    events.onEvent = { if $0 == .received { transfer.pause() } }
    #expect(await eventually { !events.bytes.isEmpty })
    let paused = events.bytes.count
    await pause(.milliseconds(500))
    #expect(events.bytes.count == paused)
    #expect(paused <= 100_000)
    events.onEvent = { _ in }
    transfer.resume()
    #expect(await eventually { events.outcome != nil })
    #expect(events.bytes.count == 3_000_000)
    client.close()
  }

  @Test @EventLoop
  func `a compressed answer is decompressed`() async throws {
    let server = try RawHTTPServer()
    let client = try client(of: server)
    let answer = await get(client, "/gzip/300000")
    #expect(try answer.get().body == [UInt8](repeating: 0, count: 300_000))
    let offered = server.requests.first?.values(of: "accept-encoding").first ?? ""
    #expect(offered.hasPrefix("gzip, deflate"))
    client.close()
  }
}
