import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R09 and T01: interrupted system calls, and a wall clock that jumps.
@Suite struct ClockTests {
  private static let strace = "/usr/bin/strace"
  private static let faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

  /// `FailNthCallTests` goes through every single call; here whole conversations are disturbed.
  @Test(
    .enabled(if: access(strace, X_OK) == 0, "strace is not installed"),
    arguments: [
      "read", "write", "writev", "poll", "epoll_wait", "epoll_pwait", "waitid", "pwrite64",
    ])
  func `R09: interrupted system calls lose nothing`(call: String) throws {
    // The loader reads its libraries before anything of ours runs.
    let first = call == "read" ? 60 : 1
    for place in ["\(first)", "\(first + 1)", "\(first)+2", "\(first)+3", "\(first)+5"] {
      let run = try GatewayRun(
        [Service("good")],
        wrapper: [
          Self.strace, "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
          "inject=\(call):error=EINTR:when=\(place)",
        ])
      try run.client.handshake()
      for _ in 0..<3 { try run.expectOK() }
      run.client.closeInput()
      let exit = try run.client.waitForExit(within: GatewayRun.patience)
      #expect(exit == .code(0), "\(call) \(place)")
      run.checkWhatIsLeft()
    }
  }

  @Test(.enabled(if: access(faketime, R_OK) == 0, "faketime is not installed"))
  func `T01: a jump of the wall clock moves no deadline`() throws {
    let folder = try TemporaryFolder()
    let clock = try folder.write("+0d", to: "clock")
    let run = try disturbed(
      folder, clock, [Service("hung", more: ["limits: {timeout: 500ms}"]), Service("good")])
    try run.client.handshake()
    try run.expectServed("hung_echo")
    for jump in Self.jumps {
      let took = try Promptness.best(under: .milliseconds(750)) {
        try folder.write("+0d", to: "clock")
        try run.expectOK()
        let start = ContinuousClock.now
        let id = try run.client.request("tools/call", ["name": "hung_hang"])
        run.client.run(for: .milliseconds(50))
        try folder.write(jump, to: "clock")
        let answer = try run.client.response(to: id)
        #expect(answer.errorCode == ErrorCode.timeout.rawValue, "\(jump): \(answer.text)")
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(499), "\(jump): \(took)")
        return took
      }
      #expect(took < .milliseconds(750), "\(jump)")
      try run.expectOK()
    }
    try run.finish()
  }

  private static let jumps = ["+10d", "-10d", "@1970-01-02 00:00:00", "@2038-01-19 03:14:08"]

  /// A gateway whose wall clock is what the file `clock` says.
  private func disturbed(
    _ folder: TemporaryFolder, _ clock: String, _ services: [Service],
    settings: String = GatewayRun.patientSettings, keepsMonotonic: Bool = true
  ) throws -> GatewayRun {
    // Swift reads no arguments under this preload, therefore the folders come by variables.
    try folder.ensureFolder("home")
    #expect(symlink("..", folder.path + "/home/switchyard") == 0)
    return try GatewayRun(
      services, settings: settings,
      environment: [
        "LD_PRELOAD": Self.faketime, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": keepsMonotonic ? "1" : "0",
        "XDG_CONFIG_HOME": folder.path + "/home",
        "XDG_STATE_HOME": folder.path + "/home/state",
      ], folder: folder)
  }

  @Test(.enabled(if: access(faketime, R_OK) == 0, "faketime is not installed"))
  func `T01: a jump of the wall clock fails no check and raises no alert`() throws {
    let folder = try TemporaryFolder()
    let clock = try folder.write("+0d", to: "clock")
    let run = try disturbed(
      folder, clock, [Service("a")],
      settings: GatewayRun.patientSettings
        + "surface: {tools: true}\nhealth: {every: 50ms, degraded_over: 1m, timeout: 1m}\n"
        + "alerts: {after: 0s}\n")
    try run.client.handshake()
    try run.expectOK("a_echo")
    func checks() -> Int {
      let answer = try? run.client.call("gateway_metrics", ["service": "a"])
      return answer?.result?.at(pointer: "/structuredContent/checks")?.intValue ?? 0
    }
    for jump in Self.jumps {
      try folder.write(jump, to: "clock")
      let before = checks()
      #expect(run.wait { checks() > before + 2 }, "\(jump)")
      #expect(HealthKeys.report(run)?["state"] == "up", "\(jump)")
    }
    #expect(!run.client.stderr.contains("alert.raised"))
    try run.finish()
  }

  @Test(.enabled(if: access(faketime, R_OK) == 0, "faketime is not installed"))
  func `T01: a jump of the wall clock moves no breaker and no kept result`() throws {
    let folder = try TemporaryFolder()
    let clock = try folder.write("+0d", to: "clock")
    let run = try disturbed(
      folder, clock,
      [
        Service("a", more: ["tools: {read_only: [pid], cache: {pid: 1h}}"]), Service("bad"),
      ],
      settings: GatewayRun.patientSettings
        + "breaker: {failures: 1, open: 10m, longest: 10m}\n")
    try run.client.handshake()
    func calls() throws -> JSONValue? {
      try run.client.call("a_pid", ["text": "x"]).result?.at(pointer: "/structuredContent/calls")
    }
    try run.expectOK("bad_echo")
    try run.expectError("bad_crash", .backendLost)
    let kept = try calls()
    #expect(kept?.intValue != nil)
    for jump in Self.jumps {
      try folder.write(jump, to: "clock")
      #expect(try calls() == kept, "\(jump)")
      try run.expectError("bad_echo", .circuitOpen)
    }
    try run.finish()
  }

  @Test(.enabled(if: access(faketime, R_OK) == 0, "faketime is not installed"))
  func `T02: a leap of all clocks is one round of checks, and nobody is taken out`() throws {
    let folder = try TemporaryFolder()
    let clock = try folder.write("+0s", to: "clock")
    let names = ["a", "b", "c"]
    let run = try disturbed(
      folder, clock, names.map { Service($0) },
      settings: GatewayRun.patientSettings
        + "surface: {tools: true}\nbreaker: {failures: 1}\nalerts: {after: 0s}\n"
        + "health: {every: 200ms, degraded_over: 1m, timeout: 1m}\n", keepsMonotonic: false)
    try run.client.handshake()
    for name in names { try run.expectOK("\(name)_echo") }
    let processes = names.map { run.processes(of: $0) }
    func checks() -> [Int] {
      names.map { name in
        let answer = try? run.client.call("gateway_metrics", ["service": .string(name)])
        return answer?.result?.at(pointer: "/structuredContent/checks")?.intValue ?? 0
      }
    }
    #expect(run.wait { checks().allSatisfy { $0 > 1 } })
    // Less than a check or a call may take, and 225 rounds that were not made.
    let before = checks()
    let start = ContinuousClock.now
    try folder.write("+45s", to: "clock")
    for name in names { try run.expectOK("\(name)_echo") }
    let status = try run.client.call("gateway_status")
    let uptime = status.result?.at(pointer: "/structuredContent/uptimeMs")?.intValue ?? 0
    #expect(uptime >= 45_000, "\(status.text)")
    #expect(run.wait { zip(checks(), before).allSatisfy { $0 > $1 + 2 } })
    let after = checks()
    let rounds = Int((ContinuousClock.now - start) / .milliseconds(200))
    #expect(
      zip(after, before).allSatisfy { $0 - $1 <= rounds + 10 }, "\(before) \(after) \(rounds)")
    for name in names { try run.expectOK("\(name)_echo") }
    #expect(names.map { run.processes(of: $0) } == processes)
    #expect(!run.client.stderr.contains("alert.raised"))
    #expect(!run.client.stderr.contains("breaker.open"))
    try run.finish()
  }

  @Test(arguments: [["TZ=Pacific/Kiritimati"], ["-u", "TZ"], ["TZ=:/no/such/zone"]])
  func `T06: the log is in UTC wherever the machine is`(zone: [String]) throws {
    let run = try GatewayRun([Service("good")], wrapper: ["/usr/bin/env"] + zone)
    func minute(_ offset: Int) -> String {
      var seconds = time(nil) + offset
      var parts = tm()
      gmtime_r(&seconds, &parts)
      var text = [CChar](repeating: 0, count: 32)
      let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M", &parts)
      return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let begin = minute(0)
    try run.client.handshake()
    try run.expectOK()
    #expect(run.wait { run.client.stderr.contains("service.ready") })
    let line = run.client.stderr.split(separator: "\n").first { $0.contains("service.ready") }
    let said = line?.split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
    let stamp = String(said.prefix(begin.count))
    #expect(stamp >= begin && stamp <= minute(0), "\(said)")
    try run.finish()
  }
}
