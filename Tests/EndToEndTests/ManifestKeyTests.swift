import CommandTesting
import Glibc
import Harness
import MCP
import Manifest
import RawJSON
import TestSupport
import Testing

/// Every key of the manifest of a process changes what the gateway does.
@Suite struct ManifestKeyTests {
  @Test(arguments: behaviours)
  func `a key of a manifest is obeyed`(behaviour: KeyBehaviour) throws {
    try behaviour.check(settings: { _ in KeyBehaviour.settings(behaviour.beside) })
  }

  @Test func `no key of a manifest is without such a test`() {
    #expect(Set(Self.names(ServiceManifest.keys)) == Set(Self.behaviours.map(\.key)))
  }

  /// `process.limits.memory`; a section itself is no key.
  private static func names(_ keys: [KeyDescription], in section: String = "") -> [String] {
    keys.flatMap { key in
      guard case .section(let inner) = key.shape else { return [section + key.key] }
      return names(inner, in: section + key.key + ".")
    }
  }

  private static let behaviours: [KeyBehaviour] =
    head + process + tools + tail + HealthKeys.manifest + PolicyKeys.manifest
    + CacheKeys.manifest + ProvisionKeys.process

  /// One service whose manifest has these lines at its end.
  private static func more(_ line: String, _ script: String = "")
    -> @Sendable (String) -> [Service]
  {
    { [Service("a", script, more: [line + $0])] }
  }

  /// One service whose `process` has these lines at its end.
  private static func process(_ line: String, _ script: String = "")
    -> @Sendable (String) -> [Service]
  {
    { [Service("a", script, process: [line + $0])] }
  }

  private static let names: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    try KeyBehaviour.tools(run).prefix(2).joined(separator: " ")
  }

  private static let head: [KeyBehaviour] = [
    KeyBehaviour(
      key: "service", values: [("x", "x_echo x_add"), ("y", "y_echo y_add")],
      services: { [Service($0)] }, observe: names),
    // The gateway says nothing of it.
    KeyBehaviour(
      key: "description", values: [("One.", "One."), ("Two.", "Two.")],
      services: more("description: ")
    ) { run, _ in
      let shown = try run.command("list", "services").output
      return ["One.", "Two."].filter { shown.contains($0) }.joined(separator: " ")
    },
    KeyBehaviour(
      key: "enabled", values: [("true", "result"), ("false", "-31008")], services: more("enabled: ")
    ) { try KeyBehaviour.outcome($0, of: "a_echo", $1) },
  ]

  /// What a tool of the fake backend tells of its process.
  private static func told(_ pointer: String) -> @Sendable (GatewayRun, String) throws -> String {
    { run, _ in
      let answer = try run.client.call("a_env").result
      return answer?.at(pointer: "/structuredContent" + pointer)?.stringValue ?? "nothing"
    }
  }

  private static let process: [KeyBehaviour] = [
    KeyBehaviour(
      key: "process.command", values: [("/bin/false", "-31001"), ("", "result")],
      services: { [Service("a", command: $0.isEmpty ? nil : $0)] },
      observe: { try KeyBehaviour.outcome($0, of: "a_echo", $1) }),
    KeyBehaviour(
      key: "process.args", values: [("name=one", "name=one"), ("name=two", "name=two")],
      services: { [Service("a", arguments: [$0])] }, observe: told("/arguments/1")),
    KeyBehaviour(
      key: "process.env", values: [("one", "one"), ("two", "two")],
      services: { [Service("a", environment: ["KEY": $0])] }, observe: told("/environment/KEY")),
    KeyBehaviour(
      key: "process.directory", values: [("/", "/"), ("/usr", "/usr")],
      services: process("directory: "), observe: told("/directory")),
    KeyBehaviour(
      key: "process.start", values: [("on-demand", "nothing"), ("warm", "comes")],
      services: process("start: ")
    ) { run, expected in
      // Known from the first list on, so that a later run starts only what is warm.
      _ = try KeyBehaviour.tools(run)
      let service = try #require(run.processes(of: "a").first)
      run.client.closeInput()
      _ = try run.client.waitForExit(within: GatewayRun.patience)
      #expect(kill(service, 0) != 0)
      let next = try GatewayRun(
        [Service("a", process: ["start: " + (expected == "comes" ? "warm" : "on-demand")])],
        folder: run.folder)
      try next.client.handshake()
      _ = try KeyBehaviour.tools(next)
      let seen = KeyBehaviour.comes(next, expected) { !next.processes(of: "a").isEmpty }
      try next.finish()
      return seen
    },
    KeyBehaviour(
      key: "process.idle", values: [("1s", "comes"), ("10m", "nothing")],
      services: process("idle: ")
    ) { run, expected in
      try run.expectOK("a_echo")
      return KeyBehaviour.comes(run, expected) { run.client.stderr.contains("service.idle") }
    },
    KeyBehaviour(
      key: "process.protocol", values: [("legacy", "-31001"), ("2026-07-28", "result")],
      services: process("protocol: ", "modern")
    ) { try KeyBehaviour.outcome($0, of: "a_echo", $1) },
    KeyBehaviour(
      key: "process.limits.memory", values: [("64MiB", "65536"), ("128MiB", "131072")],
      services: {
        [
          ShellService.named(
            "a", environment: ["AT_START": "ulimit -d >&2"], process: ["limits: {memory: \($0)}"])
        ]
      },
      observe: { run, expected in
        try run.expectOK("a_echo")
        return run.wait { run.client.stderr.contains("\"\(expected)\"") } ? expected : "other"
      }),
  ]

  private static let tools: [KeyBehaviour] = [
    KeyBehaviour(
      key: "tools.prefix", values: [("''", "echo add"), ("p_", "p_echo p_add")],
      services: { [Service("a", more: ["tools: {prefix: \($0)}"])] }, observe: names),
    KeyBehaviour(
      key: "tools.include", values: [("[add]", "a_add"), ("[slow, fail]", "a_slow a_fail")],
      services: { [Service("a", more: ["tools: {include: \($0)}"])] }, observe: names),
    KeyBehaviour(
      key: "tools.exclude", values: [("[add]", "a_echo a_slow"), ("[echo]", "a_add a_slow")],
      services: { [Service("a", "tools=3", more: ["tools: {exclude: \($0)}"])] },
      observe: { run, _ in
        try KeyBehaviour.tools(run).sorted().joined(separator: " ")
      }),
    KeyBehaviour(
      key: "tools.rename",
      values: [("{echo: one}", "a_add a_one"), ("{add: two}", "a_echo a_two")],
      services: { [Service("a", "tools=2", more: ["tools: {rename: \($0)}"])] },
      observe: { run, _ in
        try KeyBehaviour.tools(run).sorted().joined(separator: " ")
      }),
    KeyBehaviour(
      key: "tools.describe", values: [("{echo: One.}", "One."), ("{echo: Two.}", "Two.")],
      services: { [Service("a", more: ["tools: {describe: \($0)}"])] },
      observe: { run, _ in
        let list = try run.client.roundTrip("tools/list")
        let echo = list.result?["tools"]?.arrayValue?.first { $0["name"]?.stringValue == "a_echo" }
        return echo?["description"]?.stringValue ?? ""
      }),
    KeyBehaviour(
      key: "tools.tasks", values: [("[add]", "-32601"), ("['ec*']", "task")],
      services: { [Service("a", more: ["tools: {tasks: \($0)}"])] }, observe: asTask),
    KeyBehaviour(
      key: "tools.validate", values: [("[echo]", "served"), ("['ad*']", "refused")],
      services: { [Service("a", more: ["tools: {validate: \($0)}"])] },
      observe: { run, _ in
        let answer = try run.client.call("a_add", ["a": "x", "b": 1])
        let facts = answer.result?.at(pointer: "/_meta/switchyard~1error")
        return facts?["category"] == "validation" ? "refused" : "served"
      }),
  ]

  /// How a call ends that asks for a task.
  private static let asTask: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    let answer = try run.client.roundTrip("tools/call", ["name": "a_echo", "task": [:]])
    return answer.errorCode.map(String.init) ?? (answer.result?["task"] == nil ? "call" : "task")
  }

  /// A call that hangs, and then another one.
  private static let second: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    _ = try run.client.request("tools/call", ["name": "a_hang"])
    return try KeyBehaviour.outcome(run, of: "a_echo", expected)
  }

  private static let afterMissing: @Sendable (String) -> [Service] = {
    [Service("a", more: ["after: \($0)"]), Service("b", command: "no-such")]
  }

  private static let tail: [KeyBehaviour] = [
    KeyBehaviour(
      key: "after", values: [("[]", "result"), ("[b]", "-31001")],
      services: afterMissing
    ) { try KeyBehaviour.outcome($0, of: "a_echo", $1) },
    KeyBehaviour(
      key: "priority", values: [("1", "a_echo z_echo"), ("99", "z_echo a_echo")],
      services: { [Service("a", "tools=1"), Service("z", "tools=1", more: ["priority: \($0)"])] },
      observe: names),
    KeyBehaviour(
      key: "asks", values: [("[roots]", "-32601"), ("[roots, elicitation]", "asked")],
      services: more("asks: ")
    ) { run, expected in
      run.client.answers["elicitation/create"] = .result(Asked.accepted)
      let answer = try run.client.response(to: run.ask("a_ask", "elicitation/create", Asked.form))
      let code = answer.result?.at(pointer: "/structuredContent/answer/code")
      return code?.text ?? "asked"
    },
    KeyBehaviour(
      key: "methods", values: [("[other/*]", "-32601"), ("[vendor/*]", "b")],
      services: {
        [Service("a", "watch,name=a"), Service("b", "watch,name=b", more: ["methods: \($0)"])]
      },
      observe: { run, _ in
        let answer = try run.client.roundTrip("vendor/find")
        return answer.errorCode.map(String.init) ?? answer.result?["service"]?.stringValue ?? ""
      }),
    KeyBehaviour(
      key: "limits.concurrent", values: [("1", "-31004"), ("2", "result")],
      services: { [Service("a", more: ["limits: {queue: 0, concurrent: \($0)}"])] },
      observe: second),
    KeyBehaviour(
      key: "limits.queue", values: [("0", "-31004"), ("1", "nothing")],
      services: { [Service("a", more: ["limits: {concurrent: 1, queue: \($0)}"])] },
      observe: second),
    KeyBehaviour(
      key: "limits.timeout", values: [("300ms", "-31003"), ("1m", "nothing")],
      services: { [Service("a", more: ["limits: {timeout: \($0)}"])] },
      observe: { try KeyBehaviour.outcome($0, of: "a_hang", $1) }),
  ]
}
