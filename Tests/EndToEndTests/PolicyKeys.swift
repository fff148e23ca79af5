import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The keys of `gateway.yaml` that say what is done about services that fail.
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
}
