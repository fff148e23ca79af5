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
        method: "POST", target: "/echo/a%2Fb?c=d%20e", headers: [HTTPHeader("X-Team", "core")],
        body: .bytes(Array("{}".utf8))))
    #expect(answer.status == 200)
    let request = try #require(server.requests.first)
    #expect(request.method == "POST")
    #expect(request.target == "/echo/a%2Fb?c=d%20e")
    #expect(request.values(of: "x-team") == ["core"])
    #expect(request.values(of: "host") == ["127.0.0.1:\(server.port)"])
    #expect(request.values(of: "content-length") == ["2"])
    #expect(request.values(of: "expect") == [])
    #expect(request.values(of: "content-type") == [])
    #expect(request.body == Array("{}".utf8))
    client.close()
  }
}
