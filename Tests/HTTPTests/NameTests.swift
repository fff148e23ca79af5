import HTTPTesting
import Loop
import LoopTesting
import Resilience
import Testing

@testable import HTTP

/// Names whose addresses the test decides (rows H02, S09).
@Suite(.eventLoop)
struct NameTests {
  /// Answers the look-ups of one host, each with the next of the outcomes, and counts them.
  @EventLoop
  private final class Names {
    var outcomes: [NameLookup.Outcome?]
    private(set) var asked: [String] = []
    private(set) var cancelled = 0

    init(_ outcomes: [NameLookup.Outcome?]) { self.outcomes = outcomes }

    func client(_ origin: HTTPOrigin, connections: Int = 2) -> HTTPClient {
      HTTPClient(origin: origin, connections: connections, queue: 10) { [self] name, completion in
        asked.append(name)
        let outcome = outcomes.isEmpty ? nil : outcomes.removeFirst()
        EventLoop.atEndOfTurn { if let outcome { completion(outcome) } }
        return { [self] in cancelled += 1 }
      }
    }
  }

  private func origin(_ port: Int, allowsPrivateAddresses: Bool) -> HTTPOrigin {
    HTTPOrigin(
      scheme: .http, host: "api.example", port: port,
      allowsPrivateAddresses: allowsPrivateAddresses)
  }

  private func addresses(_ texts: String...) -> NameLookup.Outcome {
    .success(texts.compactMap { IPAddress($0) })
  }

  @Test @EventLoop
  func `a name is looked up once and the addresses are connected to`() async throws {
    let server = try RawHTTPServer()
    let names = Names([addresses("127.0.0.1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: true))
    for _ in 0..<3 { #expect(await get(client, "/echo").status == 200) }
    #expect(names.asked == ["api.example"])
    #expect(server.requests.first?.values(of: "host") == ["api.example:\(server.port)"])
    client.close()
  }

  @Test(arguments: [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1",
  ]) @EventLoop
  func `S09: a public name that leads to a special address is refused`(text: String) async throws {
    let server = try RawHTTPServer()
    let names = Names([addresses(text)])
    let client = names.client(origin(server.port, allowsPrivateAddresses: false))
    let error = await get(client, "/echo").error
    #expect(error?.kind == .refusedAddress)
    #expect(error?.wasSent == .notSent)
    #expect(server.accepted == 0)
    client.close()
  }

  @Test @EventLoop
  func `S09 H02: a name that flips to a special address is refused at its next look-up`()
    async throws
  {
    // The first address is public by the rules and leads nowhere: no route, or a refusal.
    let server = try RawHTTPServer()
    let names = Names([addresses("240.0.0.1", "127.0.0.1"), addresses("127.0.0.1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: false))
    for _ in 0..<2 { #expect(await get(client, "/echo").kind == .refusedAddress) }
    #expect(names.asked.count == 2)
    #expect(server.accepted == 0)
    client.close()
  }

  @Test @EventLoop
  func `S09: the socket refuses too, whatever the look-up let pass`() async throws {
    let server = try RawHTTPServer()
    // A literal is not looked up, and this origin does not say that it may be special.
    let origin = HTTPOrigin(scheme: .http, host: "127.0.0.1", port: server.port)
    let client = HTTPClient(origin: origin, connections: 1)
    let error = await get(client, "/echo").error
    #expect(error?.kind == .refusedAddress)
    #expect(error?.wasSent == .notSent)
    #expect(server.accepted == 0)
    // Known at once, and yet not told within the call.
    let events = EventRecorder()
    _ = client.start(HTTPRequest(method: "GET", target: "/echo"), events: events)
    #expect(events.events.isEmpty)
    #expect(await eventually { events.outcome != nil })
    client.close()
  }

  @Test @EventLoop
  func `a failed look-up that nobody waits for is not the answer to the next request`() async throws
  {
    let server = try RawHTTPServer()
    // The library is there, so that nothing waits for it.
    let other = try client(of: server)
    #expect(await get(other, "/echo").status == 200)
    other.close()
    let names = Names([.failure(NameLookup.Failure(code: -2)), addresses("127.0.0.1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: true))
    let events = EventRecorder()
    let transfer = client.start(HTTPRequest(method: "GET", target: "/echo"), events: events)
    // Cancelled in the turn in which the look-up begins and ends.
    EventLoop.atEndOfTurn { transfer.cancel() }
    #expect(await eventually { names.asked.count == 1 })
    #expect(await get(client, "/echo").status == 200)
    #expect(events.events.isEmpty)
    client.close()
  }

  @Test @EventLoop
  func `H30: another address of the name is tried when one takes no connection`() async throws {
    let server = try RawHTTPServer()
    let names = Names([addresses("127.0.0.2", "::1", "127.0.0.1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: true))
    #expect(await get(client, "/echo").status == 200)
    client.close()
  }

  @Test @EventLoop
  func `H30: a name with one family only is connected to`() async throws {
    // A machine without IPv6 has nothing to show here.
    guard let server = try? RawHTTPServer(overIPv6: true) else { return }
    let names = Names([addresses("::1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: true))
    #expect(await get(client, "/echo").status == 200)
    #expect(server.accepted == 1)
    client.close()
  }

  @Test @EventLoop
  func `H30: with one family that is dead the other one is connected to within 1 s`() async throws {
    let server = try RawHTTPServer()
    guard let dead = try? DeadEnd(port: server.port) else { return }
    var limits = HTTPLimits()
    limits.connect = .seconds(100)
    limits.total = nil
    // libcurl begins with the other one after 200 ms; without that the first has half of the time.
    // On a machine that is busy the best of several counts.
    var best = Duration.seconds(1000)
    for _ in 0..<5 where best > .seconds(1) {
      let names = Names([addresses("::1", "127.0.0.1")])
      let client = names.client(origin(server.port, allowsPrivateAddresses: true))
      let start = ContinuousClock.now
      #expect(await get(client, "/echo", limits: limits).status == 200)
      best = min(best, ContinuousClock.now - start)
      client.close()
    }
    #expect(best <= .seconds(1))
    withExtendedLifetime(dead) {}
  }

  @Test @EventLoop
  func `H02: a name that cannot be looked up, has no address, or never answers`() async throws {
    let failure = NameLookup.Failure(code: -2)
    let names = Names([.failure(failure), .success([]), nil])
    let client = names.client(origin(80, allowsPrivateAddresses: true))
    var limits = HTTPLimits()
    limits.connect = .milliseconds(200)
    var errors: [HTTPError?] = []
    for _ in 0..<3 { errors.append(await get(client, "/echo", limits: limits).error) }
    #expect(errors.map(\.?.kind) == [.resolve, .resolve, .timeout(.connect)])
    #expect(errors.allSatisfy { $0?.wasSent == .notSent })
    client.close()
    #expect(names.cancelled == 1)
  }

  @Test @EventLoop
  func `H02: no connection makes the name be looked up anew`() async throws {
    let server = try RawHTTPServer()
    let names = Names([addresses("127.0.0.2"), addresses("127.0.0.1")])
    let client = names.client(origin(server.port, allowsPrivateAddresses: true))
    #expect(await get(client, "/echo").kind == .connect)
    #expect(await get(client, "/echo").status == 200)
    #expect(names.asked.count == 2)
    client.close()
  }

  @Test @EventLoop
  func `the system looks up localhost`() async throws {
    let server = try RawHTTPServer()
    let client = HTTPClient(
      origin: try HTTPOrigin.parse("http://localhost:\(server.port)").origin, connections: 1)
    #expect(await get(client, "/echo").status == 200)
    client.close()
  }

  @Test @EventLoop
  func `H02: the system says what is wrong with a name`() async throws {
    let name = String(repeating: "a", count: 63) + ".invalid"
    let client = HTTPClient(
      origin: try HTTPOrigin.parse("http://\(name)").origin, connections: 1)
    let error = await get(client, "/echo").error
    #expect(error?.kind == .resolve)
    #expect(error?.wasSent == .notSent)
    client.close()
  }
}
