import Glibc
import Harness
import MCP
import Manifest
import RawJSON
import TestSupport
import Testing

/// Every key of `gateway.yaml` changes what the gateway does.
@Suite struct GatewayKeyTests {
  @Test(arguments: behaviours)
  func `a key of gateway.yaml is obeyed`(behaviour: KeyBehaviour) throws {
    try behaviour.check(settings: { value in
      KeyBehaviour.settings(behaviour.beside.merging([behaviour.key: value]) { $1 })
    })
  }

  @Test func `no key of gateway.yaml is without such a test`() {
    let keys = GatewayConfiguration.keys.flatMap { key in
      guard case .section(let keys) = key.shape else { return [key.key] }
      return keys.map { "\(key.key).\($0.key)" }
    }
    // `PluginKeyTests` has the one that needs an installation, `ProfileKeyTests` those of profiles.
    #expect(Set(keys) == Set(Self.behaviours.map(\.key) + ["plugins", "profiles"]))
  }

  private static let behaviours: [KeyBehaviour] =
    logging + limits + deadlines + tasks + starting + stopping + stderr + PolicyKeys.breaker
    + HealthKeys.health + HealthKeys.alerts + HealthKeys.surface + HealthKeys.metrics
    + PolicyKeys.retry + CacheKeys.gateway

  private static let logging: [KeyBehaviour] = [
    KeyBehaviour(key: "log.level", values: [("error", "silent"), ("info", "tells")]) { run, _ in
      try run.expectOK("a_echo")
      return run.client.stderr.contains("service.ready") ? "tells" : "silent"
    }
  ]

  private static let filler = JSONValue.string(String(repeating: "x", count: 100_000))

  /// A call that hangs, and then another one.
  private static let second: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    _ = try run.client.request("tools/call", ["name": "a_hang"])
    return try KeyBehaviour.outcome(run, of: "a_echo", expected)
  }

  private static let limits: [KeyBehaviour] = [
    KeyBehaviour(
      key: "limits.client_message", values: [("50KiB", "-32600"), ("1MiB", "result")]
    ) { run, _ in
      let id = try run.client.request(
        "tools/call", ["name": "a_echo", "arguments": ["text": filler]])
      guard run.client.run(until: { $0.answerCount > 1 }, within: GatewayRun.patience) else {
        return "nothing"
      }
      if run.client.transcript.answersByID[id] != nil { return "result" }
      return try run.client.errorWithoutID().errorCode.map(String.init) ?? ""
    },
    KeyBehaviour(
      key: "limits.backend_message", values: [("50KiB", "-31005"), ("1MiB", "result")],
      services: KeyBehaviour.fixed(Service("a", "bigline=100000"))
    ) { try KeyBehaviour.outcome($0, of: "a_digest", $1) },
    KeyBehaviour(
      key: "limits.client_calls", values: [("1", "-31004"), ("2", "result")], observe: second),
    KeyBehaviour(
      key: "limits.backend_calls", values: [("1", "-31004"), ("2", "result")],
      beside: ["limits.queued_calls": "0"], observe: second),
    KeyBehaviour(
      key: "limits.queued_calls", values: [("0", "-31004"), ("1", "nothing")],
      beside: ["limits.backend_calls": "1"], observe: second),
    KeyBehaviour(
      key: "limits.running_calls", values: [("1", "nothing"), ("2", "result")], observe: second),
    KeyBehaviour(
      key: "limits.waiting_calls", values: [("0", "-31004"), ("1", "nothing")],
      beside: ["limits.running_calls": "1"], observe: second),
    KeyBehaviour(
      key: "limits.waiting_bytes", values: [("150KiB", "-31004"), ("1MiB", "nothing")],
      beside: ["limits.running_calls": "1"]
    ) { run, expected in
      try run.expectOK("a_echo")
      _ = try run.client.request("tools/call", ["name": "a_hang"])
      // One may be as large as it is.
      _ = try run.client.request("tools/call", ["name": "a_echo", "arguments": ["text": filler]])
      return try KeyBehaviour.outcome(run, of: "a_echo", expected, ["text": filler])
    },
    KeyBehaviour(
      key: "limits.queued_bytes", values: [("200KiB", "refuses"), ("100MiB", "takes")],
      services: KeyBehaviour.fixed(Service("a", "only=digest,no-read"), Service("good"))
    ) { run, _ in
      try run.expectOK("a_echo")
      _ = try run.client.request("tools/call", ["name": "a_digest"])
      for _ in 0..<20 {
        _ = try run.client.request(
          "tools/call", ["name": "a_echo", "arguments": ["text": filler]])
      }
      try run.expectOK("good_echo")
      let isRefused = run.client.transcript.messages.contains {
        $0.errorCode == ErrorCode.overloaded.rawValue
      }
      return isRefused ? "refuses" : "takes"
    },
    KeyBehaviour(
      key: "limits.stalled_write", values: [("200ms", "-31002"), ("10m", "nothing")],
      services: KeyBehaviour.fixed(Service("a", "only=digest,no-read"))
    ) { run, expected in
      try run.expectOK("a_echo")
      let id = try run.client.request("tools/call", ["name": "a_digest"])
      for _ in 0..<20 {
        _ = try run.client.request(
          "tools/call", ["name": "a_echo", "arguments": ["text": filler]])
      }
      return KeyBehaviour.outcome(run, id, expected)
    },
    KeyBehaviour(
      key: "limits.client_output", values: [("1MiB", "nothing"), ("100MiB", "comes")],
      services: KeyBehaviour.fixed(Service("a", "only=digest,bigline=200000"))
    ) { run, expected in
      try run.expectOK("a_echo")
      let service = try #require(run.processes(of: "a").first)
      run.client.readsOutput = false
      for _ in 0..<60 { _ = try run.client.request("tools/call", ["name": "a_digest"]) }
      return KeyBehaviour.comes(run, expected) {
        ProcessFigures.written(by: service) > 60 * 200_000
      }
    },
    KeyBehaviour(key: "limits.page", values: [("3", "3"), ("500", "11")]) { run, _ in
      "\(try KeyBehaviour.tools(run).count)"
    },
  ]

  private static let deadlines: [KeyBehaviour] = [
    KeyBehaviour(key: "deadlines.call", values: [("300ms", "-31003"), ("1m", "nothing")]) {
      try KeyBehaviour.outcome($0, of: "a_hang", $1)
    },
    KeyBehaviour(
      key: "deadlines.absolute", values: [("1s", "-31003"), ("1m", "nothing")],
      beside: ["deadlines.call": "1s"]
    ) { run, expected in
      // Progress each 20 ms extends the one and not the other.
      let id = try run.client.request(
        "tools/call",
        [
          "name": "a_slow", "arguments": ["ms": 4_000, "steps": 200],
          "_meta": ["progressToken": "t"],
        ])
      return KeyBehaviour.outcome(run, id, expected)
    },
    KeyBehaviour(key: "deadlines.input", values: [("200ms", "answer"), ("1m", "nothing")]) {
      run, expected in
      let id = try run.ask("a_ask", "elicitation/create", Asked.form)
      let answer = KeyBehaviour.outcome(run, id, expected)
      return answer == "nothing" ? answer : "answer"
    },
    KeyBehaviour(
      key: "deadlines.initialize", values: [("200ms", "-31001"), ("1m", "result")],
      services: KeyBehaviour.fixed(Service("a", "delay@init=1000", process: ["protocol: legacy"]))
    ) { try KeyBehaviour.outcome($0, of: "a_echo", $1) },
    KeyBehaviour(
      key: "deadlines.probe", values: [("200ms", "result"), ("1m", "nothing")],
      services: KeyBehaviour.fixed(Service("a", "silent-on-discover")), revision: .newest
    ) { try KeyBehaviour.outcome($0, of: "a_echo", $1) },
    KeyBehaviour(
      key: "discovery.wait", values: [("100ms", "0"), ("1m", "11")],
      services: KeyBehaviour.fixed(Service("a", "delay@init=1500"))
    ) { run, _ in "\(try KeyBehaviour.tools(run).count)" },
    KeyBehaviour(
      key: "discovery.deadline", values: [("200ms", "0"), ("1m", "11")],
      services: KeyBehaviour.fixed(Service("a", "delay@init=1500"))
    ) { run, _ in "\(try KeyBehaviour.tools(run).count)" },
  ]

  private static let tasking: @Sendable (String) -> [Service] = { _ in
    [Service("a", more: [#"tools: {tasks: ["*"]}"#])]
  }

  /// Makes a task of a call of a legacy client; returns the task.
  private static func task(
    _ run: GatewayRun, _ tool: String, _ arguments: JSONValue = [:]
  ) throws -> ServerMessage {
    try run.client.roundTrip(
      "tools/call", ["name": .string(tool), "arguments": arguments, "task": [:]])
  }

  private static let tasks: [KeyBehaviour] = [
    KeyBehaviour(
      key: "tasks.after", values: [("1ms", "task"), ("1h", "complete")],
      services: tasking, revision: .newest
    ) { run, _ in
      run.client.capabilities = ["extensions": ["io.modelcontextprotocol/tasks": [:]]]
      let answer = try run.client.call("a_slow", ["ms": 1_000])
      return answer.result?["resultType"]?.stringValue ?? answer.text
    },
    KeyBehaviour(
      key: "tasks.keep", values: [("200ms", "gone"), ("1h", "3600000")], services: tasking
    ) { run, expected in
      let made = try task(run, "a_echo")
      let id = made.result?.at(pointer: "/task/taskId") ?? .null
      let ttl = made.result?.at(pointer: "/task/ttl")?.text ?? made.text
      guard expected == "gone" else { return ttl }
      let isGone = run.wait {
        (try? run.client.roundTrip("tasks/get", ["taskId": id]))?.kind == .failure
      }
      return isGone ? "gone" : ttl
    },
    KeyBehaviour(
      key: "tasks.count", values: [("1", "-31004"), ("2", "task")], services: tasking
    ) { run, _ in
      _ = try task(run, "a_hang")
      let second = try task(run, "a_hang")
      return second.errorCode.map(String.init) ?? "task"
    },
    KeyBehaviour(
      key: "tasks.results", values: [("1KiB", "-31004"), ("1MiB", "result")], services: tasking
    ) { run, _ in
      let made = try task(run, "a_echo", ["text": filler])
      let id = made.result?.at(pointer: "/task/taskId") ?? .null
      let result = try run.client.roundTrip("tasks/result", ["taskId": id])
      return result.errorCode.map(String.init) ?? "result"
    },
  ]

  /// Services that say how many of them are about to start when they are.
  private static let crowd: @Sendable (String) -> [Service] = { _ in
    (0..<6).map {
      ShellService.named(
        "s\($0)",
        environment: [
          "AT_START": "mkdir -p starting; : >starting/$$; ls starting | wc -l >>counts",
          "READY": "sleep 0.3; rm starting/$$",
        ])
    }
  }

  private static let mostAtATime: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    let count = try KeyBehaviour.tools(run).count
    let counts = run.folder.read("manifests/counts").split(separator: "\n").compactMap { Int($0) }
    return count == 12 && counts.count == 6 ? (counts.max() == 1 ? "one" : "more") : "\(counts)"
  }

  private static let starting: [KeyBehaviour] = [
    KeyBehaviour(
      key: "discovery.parallel", values: [("1", "one"), ("6", "more")], services: crowd,
      observe: mostAtATime),
    KeyBehaviour(
      key: "processes.parallel", values: [("1", "one"), ("6", "more")], services: crowd,
      observe: mostAtATime),
    KeyBehaviour(key: "processes.idle", values: [("1s", "comes"), ("10m", "nothing")]) {
      run, expected in
      try run.expectOK("a_echo")
      return KeyBehaviour.comes(run, expected) { run.processes(of: "a").isEmpty }
    },
  ]

  /// The service is idle; whether its process ends then.
  private static let ends: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    let service = try #require(run.processes(of: "a").first)
    #expect(run.wait { run.client.stderr.contains("service.idle") })
    return KeyBehaviour.comes(run, expected) { kill(service, 0) != 0 }
  }

  private static let stopping: [KeyBehaviour] = [
    KeyBehaviour(
      key: "stop.close", values: [("100ms", "comes"), ("10m", "nothing")],
      beside: ["processes.idle": "1s"], services: KeyBehaviour.fixed(Service("a", "ignore-eof")),
      observe: ends),
    KeyBehaviour(
      key: "stop.terminate", values: [("100ms", "comes"), ("10m", "nothing")],
      beside: ["processes.idle": "1s", "stop.close": "0s"],
      services: KeyBehaviour.fixed(Service("a", "ignore-eof,ignore-term")), observe: ends),
    KeyBehaviour(key: "stop.drain", values: [("0s", "-31009"), ("1500ms", "result")]) {
      run, expected in
      let id = try run.client.request(
        "tools/call",
        [
          "name": "a_slow", "arguments": ["ms": 300, "steps": 2], "_meta": ["progressToken": "t"],
        ])
      _ = try run.client.notification("notifications/progress")
      run.client.closeInput()
      return KeyBehaviour.outcome(run, id, expected)
    },
  ]

  private static let stderr: [KeyBehaviour] = [
    KeyBehaviour(
      key: "stderr.line", values: [("80B", "cut"), ("8KiB", "whole")],
      services: KeyBehaviour.fixed(
        ShellService.named("a", environment: ["AT_START": "printf '%0300d\\n' 0 >&2"]))
    ) { run, _ in
      try run.expectOK("a_echo")
      #expect(run.wait { run.client.stderr.contains("0000") })
      return run.client.stderr.contains(String(repeating: "0", count: 300)) ? "whole" : "cut"
    },
    KeyBehaviour(
      key: "stderr.rate", values: [("3", "3"), ("100", "50")],
      services: KeyBehaviour.fixed(
        ShellService.named(
          "a", environment: ["AT_START": "printf 'said %s\\n' $(seq 50) >&2"]))
    ) { run, expected in
      try run.expectOK("a_echo")
      func said() -> Int { run.client.stderr.split(separator: "\n").count { $0.contains("said ") } }
      _ = run.wait { said() >= Int(expected) ?? 0 }
      run.client.run(for: .milliseconds(100))
      return "\(said())"
    },
    KeyBehaviour(
      key: "stderr.quoted", values: [("10B", "short"), ("200B", "long")],
      services: KeyBehaviour.fixed(
        ShellService.named("a", environment: ["AT_START": "printf '%0100d\\n' 7 >&2; exit 3"]))
    ) { run, _ in
      let answer = try run.expectError("a_echo", .backendUnavailable)
      guard answer.text.contains("0000") else { return answer.text }
      return answer.text.contains(String(repeating: "0", count: 99) + "7") ? "long" : "short"
    },
  ]
}
