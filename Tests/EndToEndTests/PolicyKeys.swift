import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The keys that say what is done with calls beyond passing them on.
enum PolicyKeys {
  /// A call that works, then one that kills the service, then what is seen of the next one.
  private static let afterDeath: @Sendable (GatewayRun, String) throws -> String = {
    run, expected in
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    return try KeyBehaviour.outcome(run, of: "a_echo", expected)
  }

  /// Whether calls are served again, soon or at all.
  private static let recovery: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    return KeyBehaviour.comes(run, expected) { (try? run.client.call("a_echo"))?.kind == .result }
  }

  static let breaker: [KeyBehaviour] = [
    KeyBehaviour(
      key: "breaker.failures", values: [("1", "-31007"), ("0", "result")],
      beside: ["breaker.open": "10m", "breaker.longest": "10m"], observe: afterDeath),
    KeyBehaviour(
      key: "breaker.percent", values: [("50", "-31007"), ("51", "result")],
      beside: [
        "breaker.failures": "1000", "breaker.calls": "2", "breaker.open": "10m",
        "breaker.longest": "10m", "breaker.window": "10m",
      ], observe: afterDeath),
    KeyBehaviour(
      key: "breaker.calls", values: [("2", "-31007"), ("3", "result")],
      beside: [
        "breaker.failures": "1000", "breaker.open": "10m", "breaker.longest": "10m",
        "breaker.window": "10m",
      ], observe: afterDeath),
    KeyBehaviour(
      key: "breaker.window", values: [("10m", "-31007"), ("100ms", "result")],
      beside: [
        "breaker.failures": "1000", "breaker.calls": "2", "breaker.open": "10m",
        "breaker.longest": "10m",
      ],
      observe: { run, expected in
        try run.expectOK("a_echo")
        run.client.run(for: .milliseconds(300))
        try run.expectError("a_crash", .backendLost)
        return try KeyBehaviour.outcome(run, of: "a_echo", expected)
      }),
    KeyBehaviour(
      key: "breaker.open", values: [("10ms", "comes"), ("10m", "nothing")],
      beside: ["breaker.failures": "1", "breaker.longest": "10m"], observe: recovery),
    KeyBehaviour(
      key: "breaker.longest", values: [("10ms", "comes"), ("10m", "nothing")],
      beside: ["breaker.failures": "1", "breaker.open": "10m"], observe: recovery),
    KeyBehaviour(
      key: "breaker.probe", values: [("100ms", "comes"), ("10m", "nothing")],
      beside: ["breaker.failures": "1", "breaker.open": "10ms", "breaker.longest": "10ms"],
      services: KeyBehaviour.fixed(Service("a", more: ["limits: {timeout: 400ms}"])),
      observe: { run, expected in
        try run.expectServed("a_echo")
        let process = try #require(run.processes(of: "a").first)
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        return KeyBehaviour.comes(run, expected) {
          _ = try? run.client.call("a_echo")
          return !run.processes(of: "a").contains(process)
        }
      }),
  ]

  /// How often a call was tried that kills each service that gets it.
  static let attempts: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    _ = try KeyBehaviour.tools(run)
    let answer = try run.client.call("a_crash")
    return answer.error?.at(pointer: "/data/attempts")?.intValue.map(String.init) ?? answer.text
  }

  /// One service, whose calls may be tried again; a pause of more than its time is too long.
  private static let safe = KeyBehaviour.fixed(
    Service("a", more: ["tools: {idempotent: [crash]}", "limits: {timeout: 20s}"]))

  static let retry: [KeyBehaviour] = [
    KeyBehaviour(
      key: "retry.attempts", values: [("1", "1"), ("2", "2"), ("3", "3")], services: safe,
      observe: attempts),
    KeyBehaviour(
      key: "retry.first", values: [("1ms", "2"), ("24h", "1")],
      beside: ["retry.attempts": "2", "retry.longest": "24h"], services: safe, observe: attempts),
    KeyBehaviour(
      key: "retry.longest", values: [("1ms", "2"), ("24h", "1")],
      beside: ["retry.attempts": "2", "retry.first": "24h"], services: safe, observe: attempts),
    KeyBehaviour(
      key: "retry.percent", values: [("100", "2"), ("0", "1")],
      beside: ["retry.attempts": "2", "retry.least": "0"], services: safe, observe: attempts),
    KeyBehaviour(
      key: "retry.least", values: [("1", "2"), ("0", "1")],
      beside: ["retry.attempts": "2", "retry.percent": "0"], services: safe, observe: attempts),
  ]

  /// Which of two calls that wait is answered first.
  private static let order: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    try run.expectOK("a_echo")
    let slow = try run.client.request(
      "tools/call", ["name": "a_slow", "arguments": ["ms": 1_500, "steps": 1]])
    let add = try run.client.request("tools/call", ["name": "a_add"])
    let echo = try run.client.request("tools/call", ["name": "a_echo"])
    for id in [slow, add, echo] { _ = try run.client.response(to: id) }
    let ids = run.client.transcript.messages.compactMap(\.id)
    return (ids.firstIndex(of: add) ?? 0) < (ids.firstIndex(of: echo) ?? 0) ? "add" : "echo"
  }

  /// Whether a second call finds the process that had the first, which is busy.
  private static let stays: @Sendable (GatewayRun, String) throws -> String = { run, _ in
    _ = try KeyBehaviour.tools(run)
    let first = try run.client.call("pool_pid").result?.at(pointer: "/structuredContent/pid")
    _ = try run.client.request("tools/call", ["name": "pool_hang"])
    let second = try run.client.call("pool_pid").result?.at(pointer: "/structuredContent/pid")
    return first == second ? "same" : "other"
  }

  private static func tools(_ key: String) -> @Sendable (String) -> [Service] {
    { [Service("a", more: ["tools: {\(key): \($0)}", "limits: {concurrent: 1}"])] }
  }

  /// Of manifests.
  static let manifest: [KeyBehaviour] = [
    KeyBehaviour(
      key: "group", values: [("x", "x_echo x_add"), ("y", "y_echo y_add")],
      services: { [Service("a", more: ["group: \($0)"])] },
      observe: { run, _ in try KeyBehaviour.tools(run).prefix(2).joined(separator: " ") }),
    KeyBehaviour(
      key: "sticky", values: [("true", "same"), ("false", "other")],
      services: { value in
        ["a", "b"].map { Service($0, more: ["group: pool", "sticky: \(value)"]) }
      }, observe: stays),
    KeyBehaviour(
      key: "tools.read_only", values: [("[crash]", "3"), ("[echo]", "1")],
      services: tools("read_only"), observe: attempts),
    KeyBehaviour(
      key: "tools.idempotent", values: [("[crash]", "3"), ("[echo]", "1")],
      services: tools("idempotent"), observe: attempts),
    KeyBehaviour(
      key: "tools.high", values: [("[echo]", "echo"), ("[]", "add")], services: tools("high"),
      observe: order),
    KeyBehaviour(
      key: "tools.low", values: [("[add]", "echo"), ("[]", "add")], services: tools("low"),
      observe: order),
  ]
}
