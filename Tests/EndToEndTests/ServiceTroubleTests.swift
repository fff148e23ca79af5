import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B18 to B21, B29, B34 and B35: services that are loud, frozen or odd.
@Suite struct ServiceTroubleTests {
  /// A fake backend that first writes to its stderr what `command` prints.
  private func loud(_ name: String, _ command: String) -> Service {
    Service(
      name, command: "/bin/sh",
      arguments: ["-c", "\(command) >&2; exec '\(GatewayRun.backend)'"])
  }

  @Test func `B18: a slow start holds up its own calls only, and its tools are told later`() throws
  {
    let run = try GatewayRun(
      [Service("slow", "delay@init=1500", more: ["priority: 99"]), Service("good")],
      settings: GatewayRun.patientSettings.replacing("wait: 1m", with: "wait: 300ms"))
    try run.client.handshake()
    let list = try run.client.roundTrip("tools/list")
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(!names.contains("slow_echo"), "\(names)")
    let waiting = try run.client.request("tools/call", ["name": "slow_echo"])
    try run.expectOK()
    #expect(run.client.transcript.answersByID[waiting] == nil)
    _ = try run.client.notification("notifications/tools/list_changed")
    #expect(try run.client.response(to: waiting).kind == .result)
    try run.expectOK("slow_echo")
    try run.finish()
  }

  @Test func `B19: a flood on stderr is read, its lines are counted, and nobody waits for it`()
    throws
  {
    let run = try GatewayRun.open(
      [Service("bad", "stderr-flood"), Service("good")],
      settings: GatewayRun.patientSettings + "stderr: {rate: 20}\n")
    let start = ContinuousClock.now
    try run.expectOK("bad_echo")
    try run.expectOK()
    run.client.run(for: .milliseconds(1_000))
    try run.expectOK("bad_echo")
    try run.expectOK()
    func lines(_ event: String) -> Int {
      run.client.stderr.split(separator: "\n").count { $0.contains("\"event\":\"\(event)\"") }
    }
    #expect(run.wait { lines("backend.stderr_suppressed") > 0 }, "\(run.client.stderr.suffix(500))")
    let seconds = Int((ContinuousClock.now - start) / .seconds(1)) + 2
    // A second's worth of lines in each second, the first and the last cut.
    #expect(lines("backend.stderr") <= 20 * seconds, "\(lines("backend.stderr")) in \(seconds) s")
    try run.finish()
  }

  @Test func `B20: bytes without meaning and lines without end are passed on escaped, in pieces`()
    throws
  {
    let run = try GatewayRun.open(
      [loud("bad", "head -c 100000 /dev/urandom"), Service("good")], settings: "")
    try run.expectOK("bad_echo", within: .seconds(60))
    #expect(run.client.stderr.contains("backend.stderr"))
    #expect(run.client.stderr.utf8.allSatisfy { $0 >= 32 || $0 == 10 })
    try run.finish()
  }

  @Test func `B21: a frozen service times out alone, and its late answers do no harm`() throws {
    let run = try GatewayRun.open(
      [Service("bad", more: ["limits: {timeout: 500ms}"]), Service("good")])
    try run.expectServed("bad_echo")
    let process = try #require(run.processes(of: "bad").first)
    kill(process, SIGSTOP)
    defer { kill(process, SIGCONT) }
    try run.expectError("bad_echo", .timeout, within: .seconds(60))
    try run.expectOK(within: .seconds(60))
    kill(process, SIGCONT)
    #expect(
      run.wait(within: .seconds(60)) {
        (try? run.client.call("bad_echo", ["text": "again"]))?.kind == .result
      })
    try run.finish()
  }

  @Test(arguments: ["same-cursor", "pages=3", "tools=1500"])
  func `B29: lists that repeat a cursor, come in pages or are long are read to an end`(
    words: String
  ) throws {
    let run = try GatewayRun.open([Service("bad", words), Service("good")], settings: "")
    let list = try run.client.roundTrip("tools/list", within: .seconds(60))
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(names.count == Set(names).count)
    try run.expectOK("bad_echo", within: .seconds(60))
    try run.expectOK(within: .seconds(60))
    try run.finish()
  }

  @Test func `B34: a service that ends after each answer answers or is refused with a reason`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("bad", "one-shot,starts=\(folder.path)/starts"), Service("good")], settings: "",
      folder: folder)
    try run.client.handshake()
    try run.expectOK("bad_echo", within: .seconds(60))
    let reasons: Set = [
      ErrorCode.backendLost.rawValue, ErrorCode.backendUnavailable.rawValue,
      ErrorCode.circuitOpen.rawValue,
    ]
    for _ in 0..<10 {
      let answer = try run.client.call("bad_echo", within: .seconds(60))
      let isRefused = answer.errorCode.map(reasons.contains) == true
      #expect(answer.kind == .result || isRefused, "\(answer.text)")
      if isRefused { #expect(answer.text.contains("bad")) }
    }
    // No storm: at most one start for each call and a few for discovery.
    #expect(run.ledger("starts").count <= 16)
    try run.expectOK(within: .seconds(60))
    try run.finish()
  }

  @Test func `B35: a variable that is missing is the reason in the error, and in the log`() throws {
    let run = try GatewayRun.open(
      [Service("bad", environment: ["KEY": "${env:SWITCHYARD_NOT_SET}"]), Service("good")])
    let answer = try run.expectError("bad_echo", .toolDisabled)
    #expect(answer.text.contains("SWITCHYARD_NOT_SET"), "\(answer.text)")
    try run.expectOK()
    try run.finish()
    #expect(run.client.stderr.contains("SWITCHYARD_NOT_SET"))
  }

  @Test func `B35: a directory that is gone is the reason in the error`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("here")
    let run = try GatewayRun(
      [Service("bad", process: ["directory: \(folder.path)/here"]), Service("good")], settings: "",
      folder: folder)
    #expect(rmdir(folder.path + "/here") == 0)
    try run.client.handshake()
    let answer = try run.expectError("bad_echo", .backendUnavailable, within: .seconds(60))
    #expect(answer.text.contains("cannot start"), "\(answer.text)")
    try run.expectOK(within: .seconds(60))
    try run.finish()
  }
}
