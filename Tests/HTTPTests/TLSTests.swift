import HTTP
import HTTPTesting
import Loop
import LoopTesting
import TestSupport
import Testing

/// Row H03: TLS with certificates made for the test.
@Suite(.eventLoop)
struct TLSTests {
  private static let folder = try? TemporaryFolder()
  private static let made = folder.flatMap { try? Certificates(in: $0.path) }

  /// Off the loop: what runs there must not wait.
  @concurrent
  private func certificates() async throws -> Certificates { try #require(Self.made) }

  @concurrent
  private func serve(_ kind: TLSServer.Kind, _ leaf: Certificates.Leaf) async throws -> TLSServer {
    let made = try await certificates()
    return try TLSServer(kind, made.certificate(leaf), made.key(leaf))
  }

  @EventLoop
  private func ask(
    _ leaf: Certificates.Leaf, _ kind: TLSServer.Kind = .http1, trusts: Bool = true,
    limits: HTTPLimits = HTTPLimits()
  ) async throws -> Result<HTTPResponse, HTTPError> {
    let made = try await certificates()
    let server = try await serve(kind, leaf)
    let origin = try HTTPOrigin.parse(
      server.url, caFile: trusts ? made.authority : nil
    ).origin
    let client = HTTPClient(origin: origin, connections: 1)
    defer { client.close() }
    return await get(client, "/", limits: limits)
  }

  @Test @EventLoop
  func `H03: a certificate of a trusted authority for this host is accepted`() async throws {
    let answer = try await ask(.good)
    #expect(answer.text == "secret", "\(answer)")
  }

  @Test @EventLoop
  func `H03: an unknown authority, an old certificate and another host are refused by name`()
    async throws
  {
    let unknown = try await ask(.good, trusts: false).error
    #expect(unknown?.kind == .tls)
    #expect(unknown?.message.contains("certificate") == true)
    let expired = try await ask(.expired).error
    #expect(expired?.kind == .tls)
    #expect(expired?.message.contains("expired") == true, "\(expired?.message ?? "")")
    let elsewhere = try await ask(.elsewhere).error
    #expect(elsewhere?.kind == .tls)
    #expect(elsewhere?.message.contains("match") == true, "\(elsewhere?.message ?? "")")
    for error in [unknown, expired, elsewhere] { #expect(error?.wasSent == .notSent) }
  }

  @Test @EventLoop
  func `H03: a handshake that stalls or is garbage ends, and nothing goes out in the clear`()
    async throws
  {
    var limits = HTTPLimits()
    limits.connect = .milliseconds(300)
    let stalled = try await ask(.good, .stall, limits: limits).error
    #expect(stalled?.kind == .timeout(.connect))
    #expect(stalled?.wasSent == .notSent)
    let garbage = try await ask(.good, .garbage).error
    #expect(garbage?.kind == .tls)
    #expect(garbage?.wasSent == .notSent)
  }

  @Test @EventLoop
  func `an authority's file that is not there is named`() async throws {
    let server = try await serve(.http1, .good)
    let origin = try HTTPOrigin.parse(server.url, caFile: "/nonexistent/ca.pem").origin
    let client = HTTPClient(origin: origin, connections: 1)
    let error = await get(client, "/").error
    #expect(error?.kind == .tls)
    #expect(error?.message.contains("/nonexistent/ca.pem") == true)
    client.close()
  }

  @Test @EventLoop
  func `HTTP 2 is spoken where it is offered, many requests on one connection`() async throws {
    let made = try await certificates()
    let server = try await serve(.http2, .good)
    let origin = try HTTPOrigin.parse(server.url, caFile: made.authority).origin
    let client = HTTPClient(origin: origin, connections: 1)
    let first = await get(client, "/first")
    #expect(first.text == "stream 1", "\(first)")
    #expect(try first.get().head.version == .http2)
    // The server answers none of them before it has all three.
    var texts: Set<String?> = []
    for index in 0..<3 {
      client.fetch(HTTPRequest(method: "GET", target: "/\(index)")) { texts.insert($0.text) }
    }
    #expect(await eventually { texts.count == 3 })
    #expect(texts == ["stream 3", "stream 5", "stream 7"])
    client.close()
  }
}
