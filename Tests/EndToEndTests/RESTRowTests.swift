import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// What servers send that no client wants to read, and what must not follow from it
/// (reliability section 4.3).
@Suite struct RESTRowTests {
  @Test func `H06: the words of a 5xx are quoted, whatever shape its body has`() throws {
    let api = try APIRun(answer: { request, connection in
      let body =
        request.target.hasPrefix("/rpc")
        ? #"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"disk is full"}}"#
        : "no space\u{1B}[31m left"
      connection.respond("500 Oops", ["Content-Type: application/json"], Array(body.utf8))
      return true
    })
    let (text, facts) = try api.refusal("go", ["act": "rpc"])
    #expect(text.contains("disk is full"), "\(text)")
    #expect(facts["status"] == 500)
    // It took effect or not: nobody knows, so it goes out once, a read too.
    #expect(api.server.requests.count == 1)
    let plain = try api.refusal("send", ["act": "text"])
    #expect(plain.text.contains("no space"))
    #expect(!plain.text.contains("\u{1B}"))
    #expect(api.server.requests.count == 2)
    try api.finish()
  }

  @Test func `H07: a token that is refused is sent once a call, and told to nobody`() throws {
    let api = try APIRun(answer: { request, connection in
      let token = request.values(of: "Authorization").first ?? ""
      connection.respond(
        request.target.hasPrefix("/out") ? "401 Unauthorized" : "403 Forbidden",
        ["Content-Type: application/json", "WWW-Authenticate: Bearer error=\"\(token)\""],
        Array(#"{"message":"\#(token) is not valid"}"#.utf8))
      return true
    })
    for (act, category) in [("out", "authentication"), ("in", "permission")] {
      let before = api.server.requests.count
      let (text, facts) = try api.refusal("put", ["act": .string(act)])
      #expect(facts["category"] == .string(category))
      #expect(facts["retryable"] == false)
      #expect(text.contains("is not valid"))
      #expect(api.server.requests.count == before + 1)
    }
    // `finish` looks for the token in all that was written.
    try api.finish()
  }

  @Test func `H08: a 404 that names a session starts nothing anew`() throws {
    let api = try APIRun(answer: { request, connection in
      guard request.target.hasPrefix("/old") else { return APIRun.answer(request, connection) }
      connection.respond("404 Not Found", ["Mcp-Session-Id: 1868a90c", "Set-Cookie: s=1868a90c"])
      return true
    })
    let (_, facts) = try api.refusal("go", ["act": "old"])
    #expect(facts["category"] == "not_found")
    #expect(api.server.requests.count == 1)
    try api.expectOK()
    #expect(api.server.requests.count == 2)
    for request in api.server.requests {
      #expect(!request.headers.contains { $0.value.contains("1868a90c") })
    }
    try api.finish()
  }

  /// Status, type and body of an answer, and what it becomes: content, or words of a refusal.
  private static let bodies: [(String, status: String, type: String, body: [UInt8], JSONValue?)] = [
    ("page", "200 OK", "text/html", Array("<html><body>Sign <b>in</b></body></html>".utf8), nil),
    ("empty", "200 OK", "application/json", [], [:]),
    ("taken", "202 Accepted", "application/json", Array(#"{"job":1}"#.utf8), ["job": 1]),
    ("later", "202 Accepted", "text/plain", [], [:]),
    ("none", "204 No Content", "application/json", [], [:]),
    ("plain", "200 OK", "text/plain", Array(#" {"a":1} "#.utf8), ["a": 1]),
    ("words", "200 OK", "application/json", Array(String(repeating: "so ", count: 99).utf8), nil),
    ("bytes", "200 OK", "application/octet-stream", [0x89, 0x50, 0x00, 0x1B, 0xFF], nil),
    ("half", "200 OK", "application/json", Array(#"{"a":1"#.utf8), nil),
    ("two", "200 OK", "application/json", Array(#"{"a":1}{"b":2}"#.utf8), nil),
  ]

  @Test func `H14: what is not JSON is refused with its type and its first 120 characters`() throws
  {
    let api = try APIRun(answer: { request, connection in
      guard let row = Self.bodies.first(where: { request.target == "/\($0.0)/-" }) else {
        return APIRun.answer(request, connection)
      }
      // A 204 has no length to declare.
      if row.body.isEmpty && row.status.hasPrefix("204") {
        connection.send("HTTP/1.1 204 No Content\r\n\r\n")
      } else {
        connection.respond(row.status, ["Content-Type: \(row.type)"], row.body)
      }
      return true
    })
    for (act, status, type, _, expected) in Self.bodies {
      if let expected {
        let answer = try api.call("go", ["act": .string(act)])
        #expect(answer.result?["structuredContent"] == expected, "\(act): \(answer.text)")
        continue
      }
      let (text, facts) = try api.refusal("go", ["act": .string(act)])
      #expect(text.contains("answered \(status.prefix(3)) with \(type) instead of JSON: "))
      #expect(text.utf8.allSatisfy { $0 >= 0x20 }, "\(act): \(text)")
      let quoted = text.split(separator: "instead of JSON: ").last ?? ""
      #expect(quoted.prefix(200).split(separator: " Report").first.map { $0.count <= 124 } == true)
      #expect(facts["category"] == "internal")
    }
    try api.expectOK()
    try api.finish()
  }

  @Test func `H16: an answer that never ends is ended by the deadline and by its size`() throws {
    let api = try APIRun(
      rest: ["connections: {answer_limit: 64KiB}"],
      answer: { request, connection in
        guard !request.target.hasPrefix("/echo") else { return APIRun.answer(request, connection) }
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        let isFast = request.target.hasPrefix("/flood")
        let event = isFast ? "data: " + String(repeating: "x", count: 1_000) : ": still here"
        let chunk = event + "\n\n"
        let size = String(chunk.utf8.count, radix: 16)
        while connection.send(Array("\(size)\r\n\(chunk)\r\n".utf8)) {
          if !isFast { connection.wait(milliseconds: 20) }
        }
        return false
      })
    let comments = try api.call("brief", ["act": "comments"])
    #expect(comments.errorCode == ErrorCode.timeout.rawValue, "\(comments.text)")
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.open == 0 })
    let flood = try api.refusal("go", ["act": "flood"])
    #expect(flood.facts["category"] == "validation", "\(flood.text)")
    #expect(api.gateway.wait(within: .seconds(20)) { api.server.open == 0 })
    try api.expectOK()
    try api.finish()
  }

  @Test func `S18: an answer that is nested beyond reason is refused, and memory stays`() throws {
    let api = try APIRun(answer: { request, connection in
      guard !request.target.hasPrefix("/echo") else { return APIRun.answer(request, connection) }
      let depth = request.target.hasPrefix("/endless") ? 2_000_000 : 129
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      connection.respond("200 OK", ["Content-Type: application/json"], Array(text.utf8))
      return true
    })
    try api.expectOK()
    let gateway = api.client.process.processID
    let before = ProcessFigures.peakMemory(gateway)
    for act in ["edge", "endless"] {
      let answer = try api.call("go", ["act": .string(act)])
      #expect(
        answer.errorCode == ErrorCode.backendProtocolError.rawValue
          || answer.result?["isError"] == true, "\(answer.text.prefix(300))")
      #expect(answer.bytes.count < 2_000)
    }
    let growth = ProcessFigures.peakMemory(gateway) - before
    // The answer once, as it came, in the blocks of a debug build.
    #expect(growth < 24 << 20, "grew by \(growth) bytes")
    try api.expectOK()
    try api.finish()
  }

  @Test func `H26: refusals are no failures: after many of them the next call is served`() throws {
    let api = try APIRun()
    for number in 0..<40 {
      let status = ["400", "404", "409", "422"][number % 4]
      let (_, facts) = try api.refusal("go", ["act": "status", "value": .string(status)])
      #expect(facts["status"]?.intValue == Int(status))
      #expect(facts["retryable"] == false)
    }
    #expect(api.server.requests.count == 40)
    try api.expectOK()
    try api.finish()
  }

  @Test func `H26: of a long body the first part is quoted`() throws {
    let api = try APIRun(answer: { _, connection in
      let text = String(repeating: "wrong ", count: 20_000)
      connection.respond("400 Bad", ["Content-Type: text/plain"], Array(text.utf8))
      return true
    })
    let (text, _) = try api.refusal("go", ["act": "x"])
    #expect(text.contains("wrong wrong"))
    #expect(text.utf8.count < 1_000)
    try api.finish()
  }

  @Test func `S07: no variable of the environment reaches an API but those of its manifest`() throws
  {
    let secret = "environment-5b1c0e"
    let api = try APIRun(
      rest: ["headers: {X-Team: \"${env:TEAM}\"}"],
      environment: ["TEAM": "blue", "OTHER_API_TOKEN": secret, "http_proxy_user": secret])
    let answer = try api.call("echo", ["id": "$OTHER_API_TOKEN", "q": "${env:OTHER_API_TOKEN}"])
    #expect(answer.result?["isError"] == nil, "\(answer.text)")
    let request = try #require(api.server.requests.first)
    #expect(request.values(of: "X-Team") == ["blue"])
    #expect(request.target.hasPrefix("/echo/%24OTHER_API_TOKEN/end?q=%24%7Benv%3A"))
    #expect(!request.target.contains(secret))
    #expect(!request.headers.contains { $0.value.contains(secret) })
    #expect(!String(decoding: request.body, as: UTF8.self).contains(secret))
    try api.finish()
  }

  @Test func `S08: an argument is never a command`() throws {
    let api = try APIRun()
    let file = api.gateway.folder.path + "/made-by-a-shell"
    for payload in [
      "; touch \(file)", "$(touch \(file))", "`touch \(file)`", "| touch \(file)",
      "\ntouch \(file)", "' ; touch \(file) ; '", "--output=\(file)", "-o\(file)", "@\(file)",
    ] {
      let value = JSONValue.string(payload)
      let answer = try api.call("echo", ["id": "1", "q": value, "text": value])
      #expect(answer.result?["isError"] == nil, "\(answer.text)")
      let body = try JSONValue(parsing: api.server.requests.last?.body ?? [])
      #expect(body["text"] == .string(payload))
    }
    #expect(SmallFile.bytes(of: file).isEmpty)
    try api.finish()
  }

  @Test func `S09: no argument leads a request to another host`() throws {
    let other = try RawHTTPServer()
    let api = try APIRun()
    for payload in [
      other.url, "//127.0.0.1:\(other.port)/", "@127.0.0.1:\(other.port)",
      "\\\\127.0.0.1:\(other.port)\\", "..//127.0.0.1:\(other.port)",
      "http:127.0.0.1:\(other.port)",
    ] {
      let value = JSONValue.string(payload)
      _ = try api.call("echo", ["id": value, "q": value, "tag": value, "text": value])
    }
    #expect(api.server.requests.count == 6)
    #expect(api.server.requests.allSatisfy { $0.values(of: "Host").count == 1 })
    #expect(other.accepted == 0)
    other.stop()
    try api.finish()
  }
}
