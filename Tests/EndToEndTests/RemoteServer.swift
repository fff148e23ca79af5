import HTTPTesting
import RawJSON
import Synchronization

/// An MCP server over HTTP that is made of bytes, and does on command what servers should not do.
final class RemoteServer: Sendable {
  enum Speech: Sendable { case modern, legacy, both, stream }

  struct State {
    var sessions: Set<String> = []
    var sessionCount = 0
    /// Sessions are over as soon as they are used.
    var forgets = false
    /// Sent to everybody who asks for a session; the server's own numbering where it is nil.
    var givenSession: String?
    /// What clients answered to requests of ours, by their ids.
    var answers: [String: JSONValue] = [:]
    /// Answers that a cut stream still owes.
    var owed: [UInt8] = []
    /// Streams beside the requests.
    var streams: [RawConnection] = []
    /// Requests whose connection the client has closed.
    var closed = 0
    /// What a request must carry as `Authorization`, if anything.
    var authorization: String?
    var tools = ["echo"]
    /// Properties of tools, by their names.
    var properties: [String: JSONValue] = [:]
    /// The status of every answer, if the server is in trouble.
    var trouble: String?
    /// Calls are refused for now.
    var busy = false
    /// A header that every call must carry, or it is refused with -32020.
    var wanted: String?
    /// What a refused call changes, as a server does that was deployed anew.
    var whenRefused: [String: JSONValue]?
    var endpoint = "messages?session=1"
    /// What the response to a message of HTTP+SSE holds.
    var acceptance: (headers: [String], body: String) = ([], "Accepted")
  }

  let http: RawHTTPServer
  private let script: RemoteScript

  /// - Parameter port: of one that was stopped; otherwise a free one.
  init(_ speech: Speech = .both, port: Int = 0) throws {
    let script = RemoteScript(speech)
    self.script = script
    http = try RawHTTPServer(port: port, isReplaceable: true) { script.answer($0, $1) }
  }

  var url: String { http.url + "/mcp" }
  var state: State { script.state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { script.state.withLock { body(&$0) } }

  /// The methods of the messages that came, in order.
  var methods: [String] { messages.compactMap { $0["method"]?.stringValue } }

  var messages: [JSONValue] {
    http.requests.compactMap { try? JSONValue(parsing: $0.body) }
  }

  /// The request that brought a message with this method, the last one.
  func request(_ method: String) -> RawRequest? {
    http.requests.last {
      (try? JSONValue(parsing: $0.body))?["method"]?.stringValue == method
    }
  }

  /// Says something on the stream beside the requests, or the only one.
  func say(_ message: JSONValue) {
    for stream in state.streams { stream.send(RemoteScript.event(message)) }
  }
}

/// What the server does; used by the threads of its connections.
final class RemoteScript: Sendable {
  let speech: RemoteServer.Speech
  let state = Mutex(RemoteServer.State())

  init(_ speech: RemoteServer.Speech) { self.speech = speech }

  static let streamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

  static func event(_ message: JSONValue, id: String? = nil) -> [UInt8] {
    Array((id.map { "id: \($0)\n" } ?? "").utf8) + Array("event: message\ndata: ".utf8)
      + message.serialized() + Array("\n\n".utf8)
  }

  func answer(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let wanted = state.withLock { $0.authorization }
    if let wanted, request.values(of: "Authorization") != [wanted] {
      connection.respond("401 Unauthorized", ["Content-Type: text/plain"], Array("who?".utf8))
      return true
    }
    if let trouble = state.withLock({ $0.trouble }) {
      connection.respond(trouble)
      return true
    }
    switch request.method {
    case "GET": return openStream(request, connection)
    case "DELETE":
      let session = request.values(of: "Mcp-Session-Id").first ?? ""
      state.withLock { _ = $0.sessions.remove(session) }
      connection.respond("200 OK")
      return true
    default: break
    }
    guard let message = try? JSONValue(parsing: request.body) else {
      connection.respond("400 Bad Request")
      return true
    }
    if speech == .stream { return answerOnStream(message, request, connection) }
    guard message["method"]?.stringValue != "initialize" else {
      return initialize(message, connection)
    }
    let version = "/params/_meta/io.modelcontextprotocol~1protocolVersion"
    if message.at(pointer: version) != nil {
      if speech == .legacy { return refuse(connection, "400 Bad Request", "server-error", -32600) }
    } else if speech == .modern {
      return refuse(connection, "400 Bad Request", message["id"], -32600)
    } else {
      let session = request.values(of: "Mcp-Session-Id").first ?? ""
      guard state.withLock({ $0.sessions.contains(session) && !$0.forgets }) else {
        return refuse(connection, "404 Not Found", "server-error", -32600)
      }
    }
    if message["method"]?.stringValue == "tools/call", state.withLock({ $0.busy }) {
      connection.respond("503 Service Unavailable", ["Retry-After: 1"])
      return true
    }
    if message["method"]?.stringValue == "tools/call", let wanted = state.withLock({ $0.wanted }),
      request.values(of: wanted).isEmpty
    {
      state.withLock { $0.properties = $0.whenRefused ?? $0.properties }
      return refuse(connection, "400 Bad Request", message["id"], -32020)
    }
    return serve(message, connection)
  }

  private func refuse(
    _ connection: RawConnection, _ status: String, _ id: JSONValue?, _ code: Int
  ) -> Bool {
    let error: JSONValue = [
      "jsonrpc": "2.0", "id": id ?? .null,
      "error": ["code": JSONValue(integerLiteral: code), "message": "No."],
    ]
    connection.respond(status, ["Content-Type: application/json"], error.serialized())
    return true
  }

  private func initialize(_ message: JSONValue, _ connection: RawConnection) -> Bool {
    guard speech != .modern else {
      return refuse(connection, "400 Bad Request", message["id"], -32022)
    }
    let session = state.withLock { state in
      state.sessionCount += 1
      let session = state.givenSession ?? "session-\(state.sessionCount)"
      state.sessions.insert(session)
      return session
    }
    connection.respond(
      "200 OK", ["Content-Type: application/json", "Mcp-Session-Id: \(session)"],
      RemoteScript.reply(message, RemoteScript.introduction).serialized())
    return true
  }

  static let introduction: JSONValue = [
    "protocolVersion": "2025-11-25", "serverInfo": ["name": "remote", "version": "1"],
    "capabilities": ["tools": ["listChanged": true]],
  ]

  static func reply(_ message: JSONValue, _ result: JSONValue) -> JSONValue {
    ["jsonrpc": "2.0", "id": message["id"] ?? .null, "result": result]
  }

  private func openStream(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    if request.values(of: "Last-Event-ID") == ["cut-1"] {
      let owed = state.withLock { $0.owed }
      connection.send(Array(Self.streamHead.utf8) + owed)
      return false
    }
    guard speech != .modern else {
      connection.respond("405 Method Not Allowed")
      return true
    }
    connection.send(Self.streamHead)
    // Whoever has heard of the endpoint may be answered on this stream at once.
    state.withLock { $0.streams.append(connection) }
    if speech == .stream {
      connection.send("event: endpoint\ndata: \(state.withLock { $0.endpoint })\n\n")
    }
    _ = connection.waitForClose()
    state.withLock { $0.streams.removeAll { $0 === connection } }
    return false
  }

  private func answerOnStream(
    _ message: JSONValue, _ request: RawRequest, _ connection: RawConnection
  ) -> Bool {
    guard request.target.contains("session=1") else {
      connection.respond("405 Method Not Allowed")
      return true
    }
    if message["method"]?.stringValue == "tools/call", state.withLock({ $0.forgets }) {
      connection.respond("404 Not Found")
      return true
    }
    if message.at(pointer: "/params/name") == "short" {
      connection.respond("202 Accepted")
      for stream in state.withLock({ $0.streams }) { stream.halfClose() }
      return true
    }
    let (headers, body) = state.withLock { $0.acceptance }
    connection.respond("202 Accepted", headers, Array(body.utf8))
    guard message["id"] != nil, let method = message["method"]?.stringValue else { return true }
    let result = method == "initialize" ? Self.introduction : result(of: message)
    let streams = state.withLock { $0.streams }
    for stream in streams { stream.send(Self.event(Self.reply(message, result))) }
    return true
  }

  // MARK: Messages

  private func serve(_ message: JSONValue, _ connection: RawConnection) -> Bool {
    guard let id = message["id"] else {
      connection.respond("202 Accepted")
      return true
    }
    guard let method = message["method"]?.stringValue else {
      state.withLock { $0.answers[id.stringValue ?? ""] = message }
      connection.respond("202 Accepted")
      return true
    }
    let name = message.at(pointer: "/params/name")?.stringValue ?? ""
    if method == "tools/call", let misbehave = RemoteMischief(rawValue: name) {
      return misbehave.act(message, self, connection)
    }
    if method == "subscriptions/listen" { return listen(message, connection) }
    let reply = Self.reply(message, result(of: message))
    connection.respond("200 OK", ["Content-Type: application/json"], reply.serialized())
    return true
  }

  private func listen(_ message: JSONValue, _ connection: RawConnection) -> Bool {
    connection.send(Self.streamHead)
    let meta: JSONValue = ["io.modelcontextprotocol/subscriptionId": message["id"] ?? .null]
    connection.send(
      Self.event([
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": ["_meta": meta, "notifications": ["toolsListChanged": true]],
      ]))
    state.withLock { $0.streams.append(connection) }
    _ = connection.waitForClose()
    state.withLock { $0.streams.removeAll { $0 === connection } }
    return false
  }

  private func result(of message: JSONValue) -> JSONValue {
    var result = JSONObject()
    result["resultType"] = "complete"
    switch message["method"]?.stringValue {
    case "server/discover":
      result["supportedVersions"] = ["2026-07-28"]
      result["capabilities"] = ["tools": ["listChanged": true]]
    case "tools/list":
      let state = state.withLock { $0 }
      result["tools"] = .array(
        (state.tools + RemoteMischief.allCases.map(\.rawValue)).map {
          [
            "name": .string($0),
            "inputSchema": ["type": "object", "properties": state.properties[$0] ?? [:]],
          ]
        })
    case "tools/call":
      result["content"] = []
      result["structuredContent"] = message.at(pointer: "/params/arguments") ?? [:]
    default: break
    }
    return .object(result)
  }
}
