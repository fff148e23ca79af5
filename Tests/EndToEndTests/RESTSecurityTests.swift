import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Attacks through the arguments and the answers of REST tools (reliability section 3.2).
@Suite struct RESTSecurityTests {
  /// What an argument could try to become (rows S08, S09, S10).
  static let payloads = [
    "a/b", "../admin", "..%2fadmin", "%2e%2e", "a?x=1", "a#f", "a&b=c", "a;b", "a b", "a%00b",
    "//evil.example/", "http://evil.example/", "@evil.example", "\\\\evil", "a\"b", "a'b",
    "{\"x\":1}",
    "$(id)", "`id`", "${env:HOME}", "{{x}}", "a\u{7f}", "ünï", "\u{202e}a", "a\\u000d\\u000aX: y",
    "%0d%0aX: y", "a,b", "+", "~", "'--", "a=b",
  ]

  @Test func `S08 S09 S10: whatever an argument holds, the request keeps its shape`() throws {
    let api = try APIRun()
    for payload in Self.payloads {
      let before = api.server.requests.count
      let value = JSONValue.string(payload)
      let answer = try api.call(
        "echo", ["id": value, "q": value, "list": [value, "2"], "text": value])
      let requests = api.server.requests
      guard answer.result?["isError"] == nil else {
        // Refused before anything was sent: a comma in a list, a control character.
        #expect(requests.count == before, "\(payload)")
        continue
      }
      let request = try #require(requests.last)
      let parts = request.target.split(separator: "?", omittingEmptySubsequences: false)
      #expect(parts.count == 2, "\(request.target)")
      let segments = parts[0].split(separator: "/", omittingEmptySubsequences: false)
      #expect(segments.count == 4, "\(request.target)")
      #expect(segments.first == "" && segments[1] == "echo" && segments[3] == "end")
      #expect(!["", ".", ".."].contains(String(segments[2])))
      let names = parts[1].split(separator: "&").map { $0.split(separator: "=")[0] }
      #expect(names == ["q", "list"], "\(request.target)")
      #expect(request.values(of: "Host") == ["127.0.0.1:\(api.server.port)"])
      #expect(request.values(of: "X").isEmpty)
      let body = try JSONValue(parsing: request.body)
      #expect(body == ["text": value])
    }
    try api.finish()
  }

  @Test func `S10: what cannot stand in a path or a header is refused, nothing is sent`() throws {
    let api = try APIRun()
    for id in ["", ".", ".."] {
      _ = try api.refusal("echo", ["id": .string(id)])
    }
    for tag in ["a\r\nX: y", "a\u{0}b", "a\nb"] {
      _ = try api.refusal("echo", ["id": "1", "tag": .string(tag)])
    }
    #expect(api.server.requests.isEmpty)
    let answer = try api.call("echo", ["id": "1", "tag": "plain"])
    #expect(answer.result?["isError"] == nil)
    #expect(api.server.requests.last?.values(of: "X-Tag") == ["plain"])
    try api.finish()
  }

  @Test func `S13: an API that echoes our credentials brings them to nobody`() throws {
    let api = try APIRun(answer: { request, connection in
      let status = request.target.hasPrefix("/bad") ? "400 Bad" : "200 OK"
      let authorization = request.values(of: "Authorization").first ?? ""
      APIRun.reply(
        ["error": .string("you sent \(authorization)"), "auth": .string(authorization)],
        to: connection, status: status, headers: ["X-Api-Change: \(authorization)"])
      return true
    })
    let good = try api.call("go", ["act": "good"])
    #expect(good.text.contains("Bearer ****"))
    let bad = try api.refusal("go", ["act": "bad"])
    #expect(bad.text.contains("you sent Bearer ****"))
    // The server did get it; `finish` looks for it everywhere else.
    #expect(api.server.requests[0].values(of: "Authorization") == ["Bearer \(APIRun.canary)"])
    try api.finish()
  }

  @Test func `S05: each API gets its own credentials and no others`() throws {
    let (one, two) = (
      try RawHTTPServer(answer: APIRun.answer), try RawHTTPServer(answer: APIRun.answer)
    )
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (name, server) in [("one", one), ("two", two)] {
      let head =
        "service: \(name)\nrest:\n  url: \(server.url)\n  auth: {bearer: token-of-\(name)}\n"
      try folder.write(head + APIRun.tools, to: "manifests/\(name).yaml")
    }
    let run = try GatewayRun([], settings: "deadlines: {call: 20s}\n", folder: folder)
    try run.client.handshake()
    for name in ["one", "two", "one"] {
      _ = try run.client.call("\(name)_echo", ["id": "1"])
    }
    for (name, server) in [("one", one), ("two", two)] {
      #expect(
        server.requests.allSatisfy { $0.values(of: "Authorization") == ["Bearer token-of-\(name)"] }
      )
      #expect(!server.requests.isEmpty)
    }
    try run.finish()
  }

  @Test func `S04: a template in an answer stays what it is`() throws {
    let text = "${env:HOME} {{env.SECRET}} ${secret:x}"
    let api = try APIRun(answer: { _, connection in
      APIRun.reply(["text": .string(text)], to: connection)
      return true
    })
    let answer = try api.call("go", ["act": "x"])
    #expect(answer.result?.at(pointer: "/structuredContent/text") == .string(text))
    try api.finish()
  }
}
