import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import TestSupport
import Testing

/// The real gateway in front of an HTTP API that does on command what APIs should not do.
final class APIRun {
  let server: RawHTTPServer
  let gateway: GatewayRun
  var client: HarnessClient { gateway.client }

  /// In every request; must never come back (row S13).
  static let canary = "canary-7f3a9c51d2"

  /// Tools of one request: `go` and `send` let the server misbehave, `echo` shows a request.
  static let tools = """
    tools:
      go:
        description: Reads what the server was told to do.
        arguments:
          act: {type: string, required: true}
          value: {type: string, default: "-"}
        get: /{act}/{value}
      brief:
        description: Reads, and has little time.
        arguments:
          act: {type: string, required: true}
        get: /{act}/50
        timeout: 600ms
      send:
        description: Changes something.
        arguments:
          act: {type: string, required: true, in: path}
          value: {type: string, default: "-", in: path}
          text: {type: string, in: body}
        post: /{act}/{value}
      put:
        description: Changes something, twice is the same as once.
        annotations: {idempotent: true}
        arguments:
          act: {type: string, required: true, in: path}
        post: /{act}/-
      echo:
        description: Shows the request.
        arguments:
          id: {type: string, required: true, in: path}
          q: {type: string, in: query}
          list: {type: array, items: string, in: query}
          tag: {type: string, in: header, as: X-Tag}
          text: {type: string, nullable: true, in: body}
        post: /echo/{id}/end

    """

  /// - Parameters:
  ///   - tools: the manifest from `tools:` on.
  ///   - rest: lines below `rest:`.
  ///   - answer: of paths that are not the server's own.
  init(
    tools: String = APIRun.tools, rest: [String] = [], more: [String] = [],
    settings: String = "deadlines: {call: 20s}\n", revision: Revision = .newestLegacy,
    environment: [String: String] = [:], others: [Service] = [],
    answer: @escaping RawHTTPServer.Answer = APIRun.answer
  ) throws {
    server = try RawHTTPServer(answer: answer)
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    var lines = ["service: api", "rest:", "  url: \(server.url)"]
    lines.append("  auth: {bearer: \(Self.canary)}")
    lines += rest.map { "  " + $0 }
    lines += more
    try folder.write(lines.joined(separator: "\n") + "\n" + tools, to: "manifests/api.yaml")
    gateway = try GatewayRun(
      others, settings: settings, revision: revision, environment: environment, folder: folder)
    try gateway.client.handshake()
  }

  /// JSON for `/echo`, the server's misbehaviours for the rest.
  static let answer: RawHTTPServer.Answer = { request, connection in
    guard request.target.hasPrefix("/echo") else { return Misbehaviour.answer(request, connection) }
    APIRun.reply(APIRun.echo(request), to: connection)
    return true
  }

  /// A request as JSON, its credentials included.
  static func echo(_ request: RawRequest) -> JSONValue {
    [
      "method": .string(request.method), "target": .string(request.target),
      "headers": .array(request.headers.map { .string("\($0.name): \($0.value)") }),
      "body": .string(String(decoding: request.body, as: UTF8.self)),
    ]
  }

  static func reply(
    _ value: JSONValue, to connection: RawConnection, status: String = "200 OK",
    headers: [String] = []
  ) {
    connection.respond(status, ["Content-Type: application/json"] + headers, value.serialized())
  }

  func call(
    _ tool: String, _ arguments: JSONValue = [:], within limit: Duration = .seconds(20)
  ) throws -> ServerMessage {
    try client.call("api_" + tool, arguments, within: limit)
  }

  /// The text of a result with `isError`.
  func refusal(
    _ tool: String, _ arguments: JSONValue = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> (text: String, facts: JSONValue) {
    let answer = try call(tool, arguments)
    #expect(answer.result?["isError"] == true, "\(answer.text)", sourceLocation: sourceLocation)
    return (
      answer.result?.at(pointer: "/content/0/text")?.stringValue ?? "",
      answer.result?.at(pointer: "/_meta/switchyard~1error") ?? .null
    )
  }

  /// Asserts that the API can still be called.
  func expectOK(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let answer = try call("echo", ["id": "7"])
    #expect(
      answer.result?.at(pointer: "/structuredContent/target") == "/echo/7/end", "\(answer.text)",
      sourceLocation: sourceLocation)
  }

  /// Ends the gateway and looks for the canary in everything it wrote.
  func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
    try gateway.finish(sourceLocation: sourceLocation)
    server.stop()
    var written = [client.stderr]
    for entry in client.transcript.entries {
      written.append(String(decoding: entry.bytes, as: UTF8.self))
    }
    for name in ["state.sqlite", "state.sqlite-wal"] {
      let bytes = SmallFile.bytes(of: gateway.folder.path + "/state/" + name)
      written.append(String(decoding: bytes, as: UTF8.self))
    }
    for text in written {
      #expect(!text.contains(Self.canary), sourceLocation: sourceLocation)
    }
  }
}
