import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows B20, B21, B29, B34 and B35: services that are loud, frozen or odd.
@Suite struct ServiceTroubleTests {
  /// A fake backend that first writes to its stderr what `command` prints.
  private func loud(_ name: String, _ command: String) -> Service {
    Service(
      name, command: "/bin/sh",
      arguments: ["-c", "\(command) >&2; exec '\(GatewayRun.backend)'"])
  }

  @Test func `B20: bytes without meaning and lines without end are passed on escaped, in pieces`()
    throws
  {
    let run = try GatewayRun.open(
      [loud("bad", "head -c 100000 /dev/urandom"), Service("good")], settings: "")
    try run.expectOK("bad_echo", within: .seconds(20))
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
    try run.expectError("bad_echo", .timeout, within: .seconds(20))
    try run.expectOK(within: .seconds(20))
    kill(process, SIGCONT)
    #expect(
      run.wait(within: .seconds(20)) {
        (try? run.client.call("bad_echo", ["text": "again"]))?.kind == .result
      })
    try run.finish()
  }

  @Test(arguments: ["same-cursor", "pages=3", "tools=1500"])
  func `B29: lists that repeat a cursor, come in pages or are long are read to an end`(
    words: String
  ) throws {
    let run = try GatewayRun.open([Service("bad", words), Service("good")], settings: "")
    let list = try run.client.roundTrip("tools/list", within: .seconds(20))
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(names.count == Set(names).count)
    try run.expectOK("bad_echo", within: .seconds(20))
    try run.expectOK(within: .seconds(20))
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
    try run.expectOK("bad_echo", within: .seconds(20))
    let reasons: Set = [
      ErrorCode.backendLost.rawValue, ErrorCode.backendUnavailable.rawValue,
      ErrorCode.circuitOpen.rawValue,
    ]
    for _ in 0..<10 {
      let answer = try run.client.call("bad_echo", within: .seconds(20))
      let isRefused = answer.errorCode.map(reasons.contains) == true
      #expect(answer.kind == .result || isRefused, "\(answer.text)")
      if isRefused { #expect(answer.text.contains("bad")) }
    }
    // No storm: at most one start for each call and a few for discovery.
    #expect(run.ledger("starts").count <= 16)
    try run.expectOK(within: .seconds(20))
    try run.finish()
  }

  @Test func `B35: a directory that is gone is the reason in the error`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("here")
    let run = try GatewayRun(
      [Service("bad", process: ["directory: \(folder.path)/here"]), Service("good")], settings: "",
      folder: folder)
    #expect(rmdir(folder.path + "/here") == 0)
    try run.client.handshake()
    let answer = try run.expectError("bad_echo", .backendUnavailable, within: .seconds(20))
    #expect(answer.text.contains("cannot start"), "\(answer.text)")
    try run.expectOK(within: .seconds(20))
    try run.finish()
  }
}
