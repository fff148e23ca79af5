import Digest
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// The keys about what has to be there before a process is started.
enum ProvisionKeys {
  /// One service whose installer fails, with more keys of `process.python`.
  private static func failing(_ more: String) -> @Sendable (String) -> [Service] {
    { [Service("a", process: [FakePython.packages("one", more + $0)])] }
  }

  /// The text itself, if the error of a call has it.
  private static let quoted: @Sendable (GatewayRun, String) throws -> String = { run, expected in
    let answer = try run.expectError("a_echo", .backendUnavailable)
    return answer.text.contains(expected) ? expected : answer.text
  }

  static let process: [KeyBehaviour] = [
    KeyBehaviour(
      key: "process.sha256",
      values: [
        (String(repeating: "0", count: 64), "-31001"),
        (SHA256.hex(SmallFile.bytes(of: "/bin/sh")), "result"),
      ],
      services: { [ShellService.named("a", process: ["sha256: \($0)"])] },
      observe: { try KeyBehaviour.outcome($0, of: "a_echo", $1) }),
    KeyBehaviour(
      key: "process.python.packages", values: [("one==1", "quiet one==1"), ("two", "quiet two")],
      services: { [Service("a", process: [FakePython.packages($0)])] }, observe: quoted),
    KeyBehaviour(
      key: "process.python.lock",
      values: [("/etc/hostname", "--no-deps -r"), ("none.lock", "does not exist")],
      services: failing(", lock: "), observe: quoted),
    KeyBehaviour(
      key: "process.python.interpreter",
      values: [("./fake-python", "asked:"), ("no-such-python", "neither uv nor")],
      services: { [Service("a", process: ["python: {packages: [one], interpreter: \($0)}"])] },
      observe: quoted),
    KeyBehaviour(
      key: "process.python.index",
      values: [("https://one.example", "https://one."), ("https://two.example", "https://two.")],
      services: failing(", index: "), observe: quoted),
    KeyBehaviour(
      key: "process.python.find_links",
      values: [("/one", "--find-links /one"), ("/two", "--find-links /two")],
      services: failing(", find_links: "), observe: quoted),
    KeyBehaviour(
      key: "process.python.timeout", values: [("1s", "-31001"), ("10m", "nothing")],
      services: { [Service("a", process: [FakePython.packages("slow", ", timeout: \($0)")])] },
      observe: { run, expected in
        let id = try run.client.request("tools/call", ["name": "a_echo"])
        let limit = expected == "nothing" ? Duration.seconds(2) : GatewayRun.patience
        guard let answer = try? run.client.response(to: id, within: limit) else { return "nothing" }
        return answer.text.contains("it was stopped after") ? "-31001" : answer.text
      }),
  ]
}
