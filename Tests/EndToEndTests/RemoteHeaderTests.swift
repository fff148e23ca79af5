import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Arguments that a modern server wants repeated in headers (`x-mcp-header`), and -32020.
@Suite struct RemoteHeaderTests {
  private static let annotated: JSONValue = [
    "region": ["type": "string", "x-mcp-header": "Region"],
    "count": ["type": "integer", "x-mcp-header": "Count"],
    "isNew": ["type": "boolean", "x-mcp-header": "Is-New"],
    "where": [
      "type": "object", "properties": ["city": ["type": "string", "x-mcp-header": "City"]],
    ],
    "text": ["type": "string"],
  ]

  @Test func `arguments that the schema names go in headers too`() throws {
    let run = try RemoteRun(.modern) { server in
      server.change { $0.properties = ["echo": Self.annotated] }
    }
    _ = try run.client.roundTrip("tools/list")
    _ = try run.call(
      "echo",
      ["region": "north", "count": 42, "isNew": false, "where": ["city": "Tōkyō"], "text": "x"])
    var call = try #require(run.server.request("tools/call"))
    #expect(call.values(of: "Mcp-Param-Region") == ["north"])
    #expect(call.values(of: "Mcp-Param-Count") == ["42"])
    #expect(call.values(of: "Mcp-Param-Is-New") == ["false"])
    #expect(call.values(of: "Mcp-Param-City") == ["=?base64?VMWNa3nFjQ==?="])
    #expect(call.values(of: "Mcp-Param-Text") == [])
    _ = try run.call("echo", ["region": .null])
    call = try #require(run.server.request("tools/call"))
    #expect(call.values(of: "Mcp-Param-Region") == [])
    #expect(call.values(of: "Mcp-Param-Count") == [])
    try run.finish()
  }

  @Test func `what is known of an earlier run is enough for the headers`() throws {
    let run = try RemoteRun(.modern) { server in
      server.change { $0.properties = ["echo": Self.annotated] }
    }
    _ = try run.client.roundTrip("tools/list")
    try run.gateway.finish()
    let again = try GatewayRun([], revision: .newest, folder: run.gateway.folder)
    try again.client.handshake()
    _ = try again.client.call("far_echo", ["region": "south"], within: GatewayRun.patience)
    let call = try #require(run.server.request("tools/call"))
    #expect(call.values(of: "Mcp-Param-Region") == ["south"])
    try again.finish()
    run.server.http.stop()
  }

  @Test func `a tool with a wrong x-mcp-header is left out, and the others stay`() throws {
    let run = try RemoteRun(.modern) { server in
      server.change {
        $0.tools += ["bad"]
        $0.properties = ["bad": ["n": ["type": "number", "x-mcp-header": "N"]]]
      }
    }
    let list = try run.client.roundTrip("tools/list").text
    #expect(list.contains("far_echo") && !list.contains("far_bad"))
    #expect(run.gateway.wait { run.client.stderr.contains("not on a string, integer or boolean") })
    try run.finish()
  }

  @Test func `-32020: the tools are listed anew, and the calls go out once more`() throws {
    let run = try RemoteRun(.modern)
    try run.expectOK()
    run.server.change {
      $0.wanted = "Mcp-Param-Text"
      $0.whenRefused = ["echo": ["text": ["type": "string", "x-mcp-header": "Text"]]]
    }
    let ids = try (0..<3).map { _ in
      try run.client.request("tools/call", ["name": "far_echo", "arguments": ["text": "again"]])
    }
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(answer.result?.at(pointer: "/structuredContent/text") == "again", "\(answer.text)")
    }
    #expect(run.server.request("tools/call")?.values(of: "Mcp-Param-Text") == ["again"])
    try run.finish()
  }

  @Test func `-32020 twice: the second refusal is the answer`() throws {
    let run = try RemoteRun(.modern) { server in server.change { $0.wanted = "Mcp-Param-Other" } }
    let answer = try run.call("echo")
    #expect(answer.errorCode == -32020, "\(answer.text)")
    #expect(run.server.methods.filter { $0 == "tools/call" }.count == 2)
    run.server.change { $0.wanted = nil }
    try run.expectOK()
    try run.finish()
  }
}
