import HTTP
import HTTPTesting
import Loop
import LoopTesting
import Testing

@Suite(.eventLoop)
struct ProxyTests {
  @Test @EventLoop
  func `a proxy of the environment is asked in place of the host`() async throws {
    let proxy = try RawHTTPServer { _, connection in
      connection.respond("200 OK", [], Array("by proxy".utf8))
      return true
    }
    let address = "http://user:word@127.0.0.1:\(proxy.port)"
    let origin = try HTTPOrigin.parse(
      "http://api.example/v1", environment: ["http_proxy": address]
    ).origin
    let client = HTTPClient(origin: origin, connections: 1)
    #expect(await get(client, "/v1/x").text == "by proxy")
    let request = try #require(proxy.requests.first)
    #expect(request.target == "http://api.example/v1/x")
    #expect(request.values(of: "proxy-authorization") == ["Basic dXNlcjp3b3Jk"])
    client.close()
  }

  @Test @EventLoop
  func `a proxy that makes no tunnel learns no header of the request`() async throws {
    let proxy = try RawHTTPServer { _, connection in
      connection.respond("403 Forbidden", ["X-Told: by the proxy"], Array("no".utf8))
      return true
    }
    let origin = try HTTPOrigin.parse(
      "https://api.example", environment: ["HTTPS_PROXY": proxy.url]
    ).origin
    let client = HTTPClient(origin: origin, connections: 1)
    let header = HTTPHeader("Authorization", "Bearer secret")
    let answer = await fetch(
      client, HTTPRequest(method: "GET", target: "/x", headers: [header]))
    #expect(answer.error != nil)
    #expect(answer.error?.wasSent == .notSent)
    #expect(proxy.requests.map(\.method) == ["CONNECT"])
    #expect(proxy.requests.first?.target == "api.example:443")
    #expect(proxy.requests.first?.values(of: "authorization") == [])
    client.close()
  }

  @Test
  func `variables of the process itself are not looked at`() async throws {
    await #expect(processExitsWith: .exitCode(7)) {
      LoopThread.start()
      let server = try RawHTTPServer()
      setProxyVariables()
      let status = await statusOfEcho(server)
      leave(status == 200 ? 7 : 1)
    }
  }
}
