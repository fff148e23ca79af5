import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row C18 for services that are processes: `tools.validate` of the manifest.
@Suite struct ValidationTests {
  @Test(arguments: SubscriptionTests.eras, SubscriptionTests.words)
  func `C18: wrong arguments are told with their places, and the service is not called`(
    revision: Revision, era: String
  ) throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun.open(
      [
        Service("a", "\(era),ledger=\(folder.path)/ledger", more: [#"tools: {validate: ["*"]}"#]),
        Service("b", era),
      ], settings: "", revision: revision)
    let wrong = try run.client.call("a_add", ["a": "x", "b": [1], "uuid": "wrong"])
    #expect(wrong.result?["isError"] == true, "\(wrong.text)")
    let text = wrong.result?.at(pointer: "/content/0/text")?.stringValue ?? ""
    #expect(text.contains("/a ") && text.contains("/b ") && text.contains("'a_add'"), "\(text)")
    #expect(
      wrong.result?.at(pointer: "/_meta/switchyard~1error/category") == "validation")
    if revision.era == .modern { #expect(wrong.result?["resultType"] == "complete") }
    let right = try run.client.call("a_add", ["a": 1, "b": 2, "uuid": "right"])
    #expect(right.result?["isError"] == nil && right.kind == .result, "\(right.text)")
    // Where the manifest does not say so, the service decides.
    #expect(try run.client.call("b_echo", ["text": 7]).kind == .result)
    try run.finish()
    let ledger = folder.text("ledger")
    #expect(ledger.contains("executed right") && !ledger.contains("executed wrong"), "\(ledger)")
  }

  @Test func `C18: a call that asks for a task is refused as the task that it cannot be`() throws {
    let run = try GatewayRun.open(
      [Service("a", "tasks,legacy", more: [#"tools: {validate: ["*"]}"#]), Service("b")],
      settings: "")
    let answer = try run.client.roundTrip(
      "tools/call", ["name": "a_job", "arguments": [:], "task": [:]], within: .seconds(20))
    #expect(answer.result?["task"] != nil, "\(answer.text)")
    let wrong = try run.client.roundTrip(
      "tools/call", ["name": "a_echo", "arguments": ["text": 1], "task": [:]], within: .seconds(20))
    #expect(wrong.errorCode == ErrorCode.invalidParams.rawValue, "\(wrong.text)")
    #expect(wrong.error?.at(pointer: "/data/reason") == "invalid_arguments")
    try run.finish()
  }

  @Test func `C18: arguments beyond what is checked go to the service as they are`() throws {
    let run = try GatewayRun.open(
      [Service("a", more: [#"tools: {validate: [digest]}"#])], settings: "")
    let text = String(repeating: "x", count: 1 << 20)
    let large = try run.client.call("a_digest", ["text": [.string(text)]], within: .seconds(20))
    #expect(large.result?["isError"] == nil && large.kind == .result, "\(large.text.prefix(300))")
    let small = try run.client.call("a_digest", ["text": [.string("x")]])
    #expect(small.result?["isError"] == true, "\(small.text)")
    try run.finish()
  }
}
