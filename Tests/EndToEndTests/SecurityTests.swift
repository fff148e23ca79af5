import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows S03, S07, S08, S14 and S20.
@Suite struct SecurityTests {
  @Test func `S03: two services with one tool name are told, and neither wins`() throws {
    let plain = ["tools: {prefix: ''}"]
    let run = try GatewayRun.open([
      Service("one", "tools=1", more: plain), Service("two", "tools=1", more: plain),
      Service("good"),
    ])
    let list = try run.client.roundTrip("tools/list")
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(!names.contains("echo"))
    #expect(names.contains("good_echo"))
    let answer = try run.client.call("echo")
    #expect(answer.kind == .failure, "\(answer.text)")
    let told = run.client.stderr + answer.text
    #expect(told.contains("one") && told.contains("two"), "\(told)")
    try run.expectOK()
    try run.finish()
  }

  @Test func `S03: names that are made equal by prefixes do not shadow each other`() throws {
    // a_ + b_echo and a_b_ + echo are the same name.
    let run = try GatewayRun.open([
      Service("a", "tools=1", more: ["tools: {rename: {echo: b_echo}}"]),
      Service("a_b", "tools=1"), Service("good"),
    ])
    let list = try run.client.roundTrip("tools/list")
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(!names.contains("a_b_echo"), "\(names)")
    #expect(Set(names).count == names.count)
    try run.expectOK()
    try run.finish()
  }

  @Test func `S07: a service sees the allowed variables and its own, and no other`() throws {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [
        Service("one", environment: ["MINE": "${env:CANARY_ONE}"]),
        Service("two", environment: ["MINE": "second"]),
      ],
      environment: ["CANARY_ONE": "canary-1", "CANARY_TWO": "canary-2", "LANG": "C"],
      folder: folder)
    try run.client.handshake()
    let allowed: Set = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"]
    let declared: Set = ["MINE", "FAKEB_SCRIPT", "SERVICE", ProcessMarker.name]
    for (service, value) in [("one", "canary-1"), ("two", "second")] {
      let answer = try run.client.call("\(service)_env")
      let variables = answer.result?.at(pointer: "/structuredContent/environment")
      let names = Set(variables?.objectValue?.keys ?? [])
      // What the gateway itself marks its children with carries its name.
      let foreign = names.subtracting(allowed).subtracting(declared)
        .filter { !$0.hasPrefix("SWITCHYARD_") && $0 != "SWIFT_BACKTRACE" }
      #expect(foreign.isEmpty, "\(foreign)")
      #expect(variables?["MINE"]?.stringValue == value)
      #expect(!answer.text.contains("canary-2"))
      for process in run.processes(of: service) {
        let line = SmallFile.bytes(of: "/proc/\(process)/cmdline")
        #expect(!String(decoding: line, as: UTF8.self).contains("canary"))
      }
    }
    #expect(!run.client.stderr.contains("canary"))
    try run.finish()
  }

  @Test func `S13: a service that tells its secrets tells them to nobody`() throws {
    let canary = "canary-4f81d2c6"
    let folder = try TemporaryFolder()
    try folder.makeFolder("secrets")
    try folder.write(canary + "-file\n", to: "secrets/key", mode: 0o600)
    let said = "echo \"no entry with $HEADER, $API_TOKEN, $GIVEN\""
    let variables = [
      "HEADER": "Bearer ${secret:key}", "API_TOKEN": canary + "-literal",
      "GIVEN": "${secret:key}",
    ]
    let run = try GatewayRun(
      [
        ShellService.named(
          "dies", environment: variables.merging(["AT_START": said + " >&2; exit 3"]) { $1 }),
        ShellService.named(
          "noisy", environment: variables.merging(["AT_START": said + "; " + said + " >&2"]) { $1 }),
      ], folder: folder)
    try run.client.handshake()
    let answer = try run.expectError("dies_echo", .backendUnavailable)
    #expect(answer.text.contains("no entry with Bearer ***"), "\(answer.text)")
    try run.expectOK("noisy_echo")
    try run.expectError("noisy_crash", .backendLost)
    try run.finish()
    for event in ["backend.stderr", "backend.not_json", "service.failed"] {
      #expect(run.client.stderr.contains(#""event":"\#(event)""#), "\(event)")
    }
    #expect(!run.client.stderr.contains(canary), "\(run.client.stderr)")
    let told = run.client.transcript.messages.map(\.text)
    #expect(!told.contains { $0.contains(canary) }, "\(told)")
    for name in ["state.sqlite", "state.sqlite-wal"] {
      let bytes = SmallFile.bytes(of: folder.path + "/state/" + name)
      #expect(!String(decoding: bytes, as: UTF8.self).contains(canary))
    }
  }

  @Test func `S08: no shell ever reads an argument`() throws {
    let folder = try TemporaryFolder()
    let mark = folder.path + "/pwned"
    let payloads = [
      "name=$(touch \(mark))", "name=`touch \(mark)`", "name=; touch \(mark)",
      "name=&& touch \(mark)", "name=| touch \(mark)", "name=\ntouch \(mark)", "name='\"",
      "name=*", "name=~", "name=$HOME", "name=%s%n", "name=--help", "name= two  words ",
    ]
    let run = try GatewayRun(
      [Service("bad", arguments: payloads), Service("good")], folder: folder)
    try run.client.handshake()
    let answer = try run.client.call("bad_env")
    let arguments = answer.result?.at(pointer: "/structuredContent/arguments")?.arrayValue
    #expect(arguments?.dropFirst().compactMap(\.stringValue) == payloads, "\(answer.text)")
    #expect(access(mark, F_OK) != 0)
    try run.finish()
  }

  @Test func `S14: nothing that a service or client says reaches the terminal unescaped`() throws {
    let run = try GatewayRun.open(
      [Service("bad", "garbage"), Service("good")],
      settings: GatewayRun.patientSettings + "log: {level: trace}\n")
    try run.expectOK("bad_echo")
    _ = try run.client.call("bad_\u{1B}[31m\u{7}")
    try run.client.send(line: "\u{1B}]52;c;x\u{7} not JSON")
    _ = try run.client.errorWithoutID()
    try run.finish()
    let dangerous = run.client.stderr.unicodeScalars.filter {
      $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value))
    }
    #expect(dangerous.isEmpty, "\(Array(dangerous))")
  }

  private static let unshare = ["/usr/bin/unshare", "-Urpf", "--kill-child"]

  /// Whether somebody without privileges may make namespaces here.
  private static let hasNamespaces: Bool = {
    let probe = try? HarnessClient(ServerCommand(unshare + ["/bin/true"]))
    return (try? probe?.waitForExit(within: GatewayRun.patience)) == .code(0)
  }()

  @Test(.enabled(if: hasNamespaces, "no namespaces without privileges on this machine"))
  func `S20: a service in a namespace that kills all it can reach harms no sibling`() throws {
    let run = try GatewayRun.open([
      Service(
        "bad", "fork,ignore-term", command: Self.unshare[0],
        arguments: Self.unshare.dropFirst() + [GatewayRun.backend]), Service("good"),
    ])
    try run.expectOK()
    try run.expectOK("bad_echo")
    let good = run.processes(of: "good")
    // unshare, the service, and the process that it leaves behind.
    #expect(run.wait { run.processes(of: "bad").count == 3 })
    #expect(try run.client.call("bad_kill").kind == .result)
    #expect(run.wait { run.processes(of: "bad").count == 2 })
    try run.expectOK("bad_echo")
    try run.expectOK()
    #expect(run.processes(of: "good") == good)
    try run.finish()
  }

  @Test func `S20: a service that kills its process group kills itself only`() throws {
    let run = try GatewayRun.open([Service("bad"), Service("good")])
    try run.expectOK()
    let good = run.processes(of: "good")
    for signal in [SIGTERM, SIGKILL] {
      try run.expectError(
        "bad_kill", .backendLost, arguments: ["signal": .number(JSONNumber(Int(signal)))])
      try run.expectOK()
      try run.expectOK("bad_echo")
    }
    #expect(run.processes(of: "good") == good)
    try run.finish()
  }
}
