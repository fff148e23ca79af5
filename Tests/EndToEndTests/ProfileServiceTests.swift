import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Profiles with services of other kinds, and what else is done with calls.
@Suite struct ProfileServiceTests {
  @Test(arguments: ProfileTests.eras)
  func `arguments of an API are pinned, in a direct call and through tools_call`(
    revision: Revision
  ) throws {
    let profile = "budget: 4, tools: {pin: {api_echo: {id: \"9\", q: fixed}}}"
    let run = try APIRun(
      settings: "deadlines: {call: 20s}\nprofiles: {p: {client: [\"*\"], \(profile)}}\n",
      revision: revision)
    #expect(try KeyBehaviour.tools(run.gateway).count == 4)
    let through: JSONValue = ["name": "api_echo", "arguments": ["text": "x"]]
    for (tool, arguments) in [("api_echo", ["text": "x"]), ("tools_call", through)] {
      let answer = try run.client.call(tool, arguments)
      let seen = answer.result?["structuredContent"]
      #expect(seen?["target"] == "/echo/9/end?q=fixed", "\(answer.text)")
      #expect(seen?["body"] == #"{"text":"x"}"#, "\(answer.text)")
    }
    let described = try run.client.call("tools_describe", ["names": ["api_echo"]])
    let schema = described.result?.at(pointer: "/structuredContent/tools/0/inputSchema")
    let properties = schema?["properties"]?.objectValue?.keys
    #expect(properties == ["list", "tag", "text"], "\(described.text)")
    #expect(schema?["required"] == nil, "the only one was pinned")
    try run.finish()
  }

  @Test func `arguments are checked with those that are pinned`() throws {
    let run = try GatewayRun.open(
      [Service("a", more: ["tools: {validate: [add]}"])],
      settings: ProfileTests.settings("tools: {pin: {a_add: {a: 40}}}"), revision: .newest)
    let sum = try run.client.call("a_add", ["b": 2])
    #expect(sum.result?.at(pointer: "/structuredContent/sum") == 42, "\(sum.text)")
    let wrong = try run.client.call("a_add", ["b": "two"])
    #expect(wrong.result?["isError"] == true, "\(wrong.text)")
    try run.finish()
  }

  @Test func `a call that is retried and one that waits for an equal one keep their form`() throws {
    let run = try GatewayRun.open(
      [
        Service(
          "a", "once=a-has-died,crash@1",
          more: ["group: g", "tools: {prefix: x_, read_only: [echo], cache: {echo: 1m}}"]),
        Service(
          "b", more: ["group: g", "tools: {prefix: x_, read_only: [echo], cache: {echo: 1m}}"]),
      ],
      settings: ProfileTests.settings(
        "tools: {rename: {x_echo: say}, pin: {x_echo: {text: fixed}}}, services: [a, b]"),
      revision: .newest)
    _ = try KeyBehaviour.tools(run)
    let ids = try (0..<4).map { _ in
      try run.client.request("tools/call", ["name": "say", "arguments": ["n": 1]])
    }
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(
        answer.result?["structuredContent"] == ["n": 1, "text": "fixed"], "\(answer.text)")
    }
    try run.finish()
  }

  @Test(arguments: ProfileTests.eras)
  func `a client reads the instructions of services that it is shown`(revision: Revision) throws {
    var services = [Service("a")]
    // The services end when their files do.
    var scripts: [ScriptedService] = []
    for name in ["b", "c"] {
      let scripted = try ScriptedService()
      let script = scripted.folder.read("service.sh").replacing(
        #""capabilities":{"tools":{}}"#,
        with: #""capabilities":{"tools":{}},"instructions":"Words of \#(name).""#)
      try scripted.folder.write(script, to: "service.sh")
      services.append(scripted.service(name))
      scripts.append(scripted)
    }
    let run = try GatewayRun.open(
      services, settings: ProfileTests.settings("services: [a, b]"), revision: revision)
    #expect(run.wait { (try? KeyBehaviour.tools(run))?.contains("b_say") == true })
    // What is known by now.
    let hello = try run.client.handshake()
    #expect(hello.result?["instructions"] == "b: Words of b.", "\(hello.text)")
    try run.finish()
    withExtendedLifetime(scripts) {}
  }
}
