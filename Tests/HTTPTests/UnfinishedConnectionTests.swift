import Glibc
import HTTP
import HTTPTesting
import Loop
import LoopTesting
import Resilience
import Testing

/// Sockets that libcurl closes by itself: those of connections that never came to be.
@Suite(.eventLoop)
struct UnfinishedConnectionTests {
  /// A port of loopback whose connections nobody accepts, and whose queue is full: who connects
  /// waits, as for a host that does not answer.
  private final class FullPort {
    let port: UInt16
    private let listener: Int32
    private var filler: Int32
    private var accepted: [Int32] = []

    init() throws {
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      self.filler = filler
      let (listener, size) = (listener, length)
      let isReady = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, size) == 0 && listen(listener, 0) == 0
            && getsockname(listener, $0, &length) == 0 && connect(filler, $0, size) == 0
        }
      }
      try #require(isReady)
      _ = fcntl(listener, F_SETFL, O_NONBLOCK)
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
      for socket in accepted + [filler, listener] where socket >= 0 { close(socket) }
    }

    /// Takes what stands in the queue, and answers every request from then on.
    func open() {
      if filler >= 0 { close(filler) }
      filler = -1
      let socket = accept(listener, nil, nil)
      if socket >= 0 { close(socket) }
    }

    func serve() {
      let socket = accept(listener, nil, nil)
      if socket >= 0 {
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        accepted.append(socket)
      }
      var bytes = [UInt8](repeating: 0, count: 4096)
      for socket in accepted where recv(socket, &bytes, bytes.count, 0) > 0 {
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        _ = send(socket, answer, answer.count, Int32(MSG_NOSIGNAL))
      }
    }
  }

  @Test @EventLoop
  func `H01: a host that lets nobody in ends at the limit for connecting, and nothing was sent`()
    async throws
  {
    let port = try FullPort()
    let client = HTTPClient(
      origin: try HTTPOrigin.parse("http://127.0.0.1:\(port.port)").origin, connections: 1)
    var limits = HTTPLimits()
    limits.connect = .milliseconds(200)
    let answer = await get(client, "/", limits: limits)
    #expect(answer.kind == .timeout(.connect))
    #expect(answer.error?.wasSent == .notSent)
    client.close()
  }

  /// libcurl 7.88 closes such a socket without a word, and the next one has its number.
  @Test(arguments: [1, 3]) @EventLoop
  func `H22: what was given up while it connected is in the way of no later connection`(
    count: Int
  ) async throws {
    let port = try FullPort()
    let client = HTTPClient(
      origin: try HTTPOrigin.parse("http://127.0.0.1:\(port.port)").origin, connections: 4)
    var limits = HTTPLimits()
    // At this time libcurl looks at its sockets by itself.
    limits.connect = .seconds(120)
    let request = HTTPRequest(method: "GET", target: "/", limits: limits)
    // Once more, in case another test has taken the number meanwhile.
    for _ in 0..<3 {
      let transfers = (0..<count).map { _ in client.start(request, events: EventRecorder()) }
      for _ in 0..<4 { await pause(.milliseconds(5)) }
      for transfer in transfers { transfer.cancel() }
      for _ in 0..<4 { await pause(.milliseconds(5)) }
    }
    port.open()
    let answers = (0..<count).map { _ in EventRecorder() }
    for answer in answers { _ = client.start(request, events: answer) }
    let allAnswered = await eventually {
      port.serve()
      return answers.allSatisfy { $0.outcome != nil }
    }
    #expect(allAnswered)
    for answer in answers { #expect(answer.events.contains(.responded(200))) }
    client.close()
    await pause(.milliseconds(5))
  }

  /// The number of a socket that is closed so may also be that of a connection to another origin.
  @Test(arguments: [1, 3]) @EventLoop
  func `H22: what was given up while it connected is in the way of no other origin`(
    count: Int
  ) async throws {
    let port = try FullPort()
    let lost = HTTPClient(
      origin: try HTTPOrigin.parse("http://127.0.0.1:\(port.port)").origin, connections: 4)
    let server = try RawHTTPServer()
    defer { server.stop() }
    var limits = HTTPLimits()
    limits.connect = .seconds(120)
    let request = HTTPRequest(method: "GET", target: "/", limits: limits)
    // More than once, in case another test has taken the number meanwhile.
    for _ in 0..<3 {
      let transfers = (0..<count).map { _ in lost.start(request, events: EventRecorder()) }
      for _ in 0..<4 { await pause(.milliseconds(5)) }
      for transfer in transfers { transfer.cancel() }
      let other = HTTPClient(origin: try HTTPOrigin.parse(server.url).origin, connections: 4)
      let answers = (0..<count).map { _ in EventRecorder() }
      let asked = HTTPRequest(method: "GET", target: "/status/200", limits: limits)
      for answer in answers { _ = other.start(asked, events: answer) }
      let allAnswered = await eventually { answers.allSatisfy { $0.outcome != nil } }
      #expect(allAnswered)
      for answer in answers { #expect(answer.events.contains(.responded(200))) }
      other.close()
    }
    lost.close()
    await pause(.milliseconds(5))
  }

  /// libcurl does not ask again for a number that it takes for watched.
  @Test(arguments: ["127.0.0.1", "localhost"]) @EventLoop
  func `H22: a server that comes back is heard at once, however many refusals there were`(
    host: String
  ) async throws {
    var server = try RawHTTPServer(isReplaceable: true)
    let client = HTTPClient(
      origin: try HTTPOrigin.parse("http://\(host):\(server.port)").origin, connections: 4)
    var limits = HTTPLimits()
    limits.connect = .seconds(120)
    let request = HTTPRequest(method: "GET", target: "/status/200", limits: limits)
    func ask(_ count: Int) async -> [EventRecorder] {
      let answers = (0..<count).map { _ in EventRecorder() }
      for answer in answers { _ = client.start(request, events: answer) }
      let areOver = await eventually { answers.allSatisfy { $0.outcome != nil } }
      #expect(areOver)
      return answers
    }
    for round in 0..<6 {
      for answer in await ask(3) { #expect(answer.events.contains(.responded(200))) }
      let port = server.port
      server.stop()
      for _ in 0...round { _ = await ask(1 + round % 3) }
      server = try RawHTTPServer(port: port, isReplaceable: true)
    }
    client.close()
    server.stop()
    await pause(.milliseconds(5))
  }
}
