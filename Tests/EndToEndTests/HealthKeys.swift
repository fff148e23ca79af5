import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The keys about health, alerts, the gateway's own surface and metrics.
enum HealthKeys {
  /// What `gateway_health` says of the service `a`.
  static func report(_ run: GatewayRun) -> JSONValue? {
    (try? run.client.call("gateway_health", ["service": "a"]))?.result?["structuredContent"]
  }

  private static let asked = ["surface.tools": "true"]
  private static let often = ["surface.tools": "true", "health.every": "100ms"]

  /// Waits for a state of `a`, once it runs.
  private static func state(_ state: JSONValue) -> @Sendable (GatewayRun, String) throws -> String {
    { run, expected in
      try run.expectOK("a_echo")
      return KeyBehaviour.comes(run, expected) { report(run)?["state"] == state }
    }
  }

  /// A service that takes its time to answer a ping.
  private static let sluggish: @Sendable (String) -> [Service] = { _ in
    [ShellService.named("a", environment: ["AT_PING": "sleep 0.05"])]
  }

  /// Whether a check has been answered.
  private static let isChecked: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    return KeyBehaviour.comes(run, expected) {
      report(run)?["responseMs"].map { !$0.isNull } ?? false
    }
  }

  static let health: [KeyBehaviour] = [
    KeyBehaviour(
      key: "health.every", values: [("100ms", "comes"), ("0s", "nothing")], beside: asked,
      observe: isChecked),
    KeyBehaviour(
      key: "health.timeout", values: [("50ms", "comes"), ("10m", "nothing")], beside: often,
      services: { _ in
        [ShellService.named("a", environment: ["AT_PING": "sleep 1000"])]
      },
      observe: { run, expected in
        // It starts the service. A call might come behind the ping that never ends.
        _ = try run.client.roundTrip("tools/list")
        // A ping that is ignored is no failure; it is the first sign that time has passed.
        return KeyBehaviour.comes(run, expected) {
          (report(run)?["failuresInARow"]?.intValue ?? 0) > 0
            || run.client.stderr.contains("was ended")
        }
      }),
    KeyBehaviour(
      key: "health.degraded_over", values: [("1ms", "comes"), ("10m", "nothing")], beside: often,
      services: sluggish, observe: state("degraded")),
    KeyBehaviour(
      key: "health.failures", values: [("1", "comes"), ("1000", "nothing")], beside: asked,
      services: { _ in [Service("a", more: ["limits: {timeout: 200ms}"])] },
      observe: { run, expected in
        try run.expectServed("a_echo")
        try run.expectError("a_hang", .timeout)
        return KeyBehaviour.comes(run, expected) { report(run)?["state"] == "down" }
      }),
    KeyBehaviour(
      key: "health.history", values: [("10", "comes"), ("0", "nothing")], beside: asked,
      observe: { run, expected in
        try run.expectOK("a_echo")
        try run.expectError("a_crash", .backendLost)
        return KeyBehaviour.comes(run, expected) { report(run)?["history"] != [] }
      }),
  ]

  // MARK: Alerts

  private static let atOnce = ["alerts.after": "0s", "alerts.clear_after": "0s"]

  private static func raised(_ run: GatewayRun, _ word: String = "alert.raised") -> Int {
    run.client.stderr.split(separator: "\n").count { $0.contains(word) }
  }

  /// A crash, and whether it raises an alert.
  private static let crash: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    return KeyBehaviour.comes(run, expected) { raised(run) > 0 }
  }

  /// A crash, and whether the log has a word after it.
  private static func crashLogs(
    _ word: String
  ) -> @Sendable (GatewayRun, String) throws -> String {
    { try logs(word, after: $0, $1) }
  }

  private static func logs(
    _ word: String, after run: GatewayRun, _ expected: String
  ) throws -> String {
    try run.expectOK("a_echo")
    try run.expectError("a_crash", .backendLost)
    let isRaised = run.wait { raised(run) > 0 }
    #expect(isRaised)
    try run.expectServed("a_echo")
    return KeyBehaviour.comes(run, expected) { run.client.stderr.contains(word) }
  }

  static let alerts: [KeyBehaviour] = [
    KeyBehaviour(
      key: "alerts.degraded", values: [("warning", "comes"), ("off", "nothing")],
      beside: atOnce.merging(often) { $1 }.merging(["health.degraded_over": "1ms"]) { $1 },
      services: sluggish,
      observe: { run, expected in
        try run.expectOK("a_echo")
        let hasCome = run.wait { run.client.stderr.contains(#""to":"degraded""#) }
        #expect(hasCome)
        return KeyBehaviour.comes(run, expected) { raised(run) > 0 }
      }),
    KeyBehaviour(
      key: "alerts.down", values: [("error", "comes"), ("off", "nothing")], beside: atOnce,
      observe: crash),
    KeyBehaviour(
      key: "alerts.flapping", values: [("critical", "comes"), ("off", "nothing")],
      beside: atOnce.merging(["alerts.down": "off"]) { $1 },
      services: { _ in [Service("a", command: "/bin/false", process: ["start: always"])] },
      observe: { run, expected in
        _ = try run.client.request("tools/call", ["name": "a_echo"])
        let hasCome = run.wait { run.client.stderr.contains(#""flapping":"true""#) }
        #expect(hasCome)
        return KeyBehaviour.comes(run, expected) { raised(run) > 0 }
      }),
    KeyBehaviour(
      key: "alerts.after", values: [("0s", "comes"), ("10m", "nothing")], observe: crash),
    KeyBehaviour(
      key: "alerts.clear_after", values: [("0s", "comes"), ("10m", "nothing")],
      beside: ["alerts.after": "0s"], observe: crashLogs("alert.resolved")),
    KeyBehaviour(
      key: "alerts.cooldown", values: [("0s", "comes"), ("10m", "nothing")], beside: atOnce,
      observe: { run, expected in
        for _ in 0..<2 {
          try run.expectServed("a_echo")
          try run.expectError("a_crash", .backendLost)
          try run.expectServed("a_echo")
          let hasCome = run.wait { run.client.stderr.contains("alert.resolved") }
          #expect(hasCome)
        }
        return KeyBehaviour.comes(run, expected) { raised(run) > 1 }
      }),
    KeyBehaviour(
      key: "alerts.clients", values: [("true", "comes"), ("false", "nothing")], beside: atOnce,
      observe: { run, expected in
        _ = try run.client.roundTrip("logging/setLevel", ["level": "error"])
        try run.expectOK("a_echo")
        try run.expectError("a_crash", .backendLost)
        return KeyBehaviour.comes(run, expected) {
          run.client.transcript.messages.contains {
            $0.params?.at(pointer: "/data/event") == "alert"
          }
        }
      }),
    KeyBehaviour(
      key: "alerts.webhook", values: [("http://127.0.0.1:9/x", "comes"), ("", "nothing")],
      beside: atOnce, observe: crashLogs("alert.webhook_failed")),
    KeyBehaviour(
      key: "alerts.command", values: [("[/bin/false]", "comes"), ("[]", "nothing")],
      beside: atOnce, observe: crashLogs("alert.command_failed")),
  ]

  // MARK: Surface and metrics

  static let surface: [KeyBehaviour] = [
    KeyBehaviour(
      key: "surface.tools", values: [("true", "yes"), ("false", "no")],
      observe: { run, _ in
        try KeyBehaviour.tools(run).contains("gateway_status") ? "yes" : "no"
      }),
    KeyBehaviour(
      key: "surface.resources", values: [("true", "yes"), ("false", "no")],
      observe: { run, _ in
        let list = try run.client.roundTrip("resources/list")
        let uris = list.result?["resources"]?.arrayValue?.compactMap { $0["uri"]?.stringValue }
        return uris?.contains("switchyard://status") == true ? "yes" : "no"
      }),
    KeyBehaviour(
      key: "surface.switches", values: [("true", "yes"), ("false", "no")],
      observe: { run, _ in
        try KeyBehaviour.tools(run).contains("gateway_disable") ? "yes" : "no"
      }),
  ]

  private static func hasFile(_ folder: String, of run: GatewayRun) -> Bool {
    access("\(folder)/switchyard-\(run.client.process.processID).prom", R_OK) == 0
  }

  static let metrics: [KeyBehaviour] = [
    KeyBehaviour(
      key: "metrics.every", values: [("100ms", "comes"), ("10m", "nothing")],
      beside: ["metrics.folder": "/tmp"],
      observe: { run, expected in
        KeyBehaviour.comes(run, expected) { hasFile("/tmp", of: run) }
      }),
    KeyBehaviour(
      key: "metrics.folder", values: [("/tmp", "/tmp"), ("/var/tmp", "/var/tmp")],
      beside: ["metrics.every": "100ms"],
      observe: { run, expected in
        _ = run.wait { hasFile(expected, of: run) }
        return ["/tmp", "/var/tmp"].filter { hasFile($0, of: run) }.joined()
      }),
    KeyBehaviour(
      key: "metrics.collector", values: [("http://127.0.0.1:9", "comes"), ("", "nothing")],
      beside: ["metrics.every": "100ms"],
      observe: { run, expected in
        KeyBehaviour.comes(run, expected) { run.client.stderr.contains("metrics.collector_failed") }
      }),
  ]

  // MARK: Manifests

  static let manifest: [KeyBehaviour] = [
    KeyBehaviour(
      key: "health.every", values: [("100ms", "comes"), ("0s", "nothing")], beside: asked,
      services: { [Service("a", more: ["health: {every: \($0)}"])] }, observe: isChecked),
    KeyBehaviour(
      key: "health.degraded_over", values: [("1ms", "comes"), ("10m", "nothing")], beside: often,
      services: {
        [
          ShellService.named(
            "a", environment: ["AT_PING": "sleep 0.05"], more: ["health: {degraded_over: \($0)}"])
        ]
      }, observe: state("degraded")),
    KeyBehaviour(
      key: "health.check", values: [("tool fail", "comes"), ("tool echo", "nothing")],
      beside: often, services: { [Service("a", more: ["health: {check: \($0)}"])] },
      observe: state("down")),
  ]
}
