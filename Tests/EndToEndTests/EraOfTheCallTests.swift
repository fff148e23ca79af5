import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row B33 and the four cells: in which era a service is spoken to, and as whom the gateway speaks.
@Suite struct EraOfTheCallTests {
  private let state = "/requestState"

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `a service that speaks both is spoken to in the era of the call`(revision: Revision) throws {
    let run = try GatewayRun.open(
      [Service("s")], capabilities: GatewayRun.everything, revision: revision)
    run.client.answers["roots/list"] = .result(Asked.roots)
    let answer = try run.client.response(to: run.ask("s_ask", "roots/list"))
    if revision.era == .legacy {
      // The service made a request of its own.
      #expect(
        answer.result?.at(pointer: "/structuredContent/answers") == [Asked.roots], "\(answer.text)")
    } else {
      // The service's own input_required, not a parked call.
      #expect(
        answer.result?.at(pointer: state)?.stringValue?.hasPrefix("f.") == true, "\(answer.text)")
    }
    try run.finish()
  }

  @Test func `a client that uses both eras gets a process for each`() throws {
    let run = try GatewayRun.open([Service("s")], capabilities: GatewayRun.everything)
    run.client.answers["roots/list"] = .result(Asked.roots)
    for _ in 0..<2 {
      run.client.revision = .newestLegacy
      let legacy = try run.client.response(to: run.ask("s_ask", "roots/list"))
      #expect(
        legacy.result?.at(pointer: "/structuredContent/answers") == [Asked.roots], "\(legacy.text)")
      run.client.revision = .newest
      let modern = try run.client.response(to: run.ask("s_ask", "roots/list"))
      #expect(
        modern.result?.at(pointer: state)?.stringValue?.hasPrefix("f.") == true, "\(modern.text)")
    }
    #expect(run.processes(of: "s").count == 2)
    try run.finish()
  }

  @Test(arguments: ["legacy", "modern"])
  func `a service of one era serves both through it`(words: String) throws {
    let run = try GatewayRun.open(
      [Service("s", words)], capabilities: GatewayRun.everything)
    run.client.answers["roots/list"] = .result(Asked.roots)
    var pids: Set<String> = []
    for revision in [Revision.newestLegacy, .newest, .newest, .newestLegacy, .newest] {
      run.client.revision = revision
      let answer = try run.client.response(to: run.ask("s_ask", "roots/list"))
      if revision.era == .legacy {
        #expect(answer.result?.at(pointer: "/structuredContent/answer") != nil, "\(answer.text)")
      } else {
        let mark = words == "legacy" ? "p." : "f."
        #expect(
          answer.result?.at(pointer: state)?.stringValue?.hasPrefix(mark) == true, "\(answer.text)")
      }
      let pid = try run.client.call("s_pid").result?.at(pointer: "/structuredContent/pid")
      pids.insert(pid?.text ?? "")
    }
    // At most one more was started, to find out that it speaks no other era.
    #expect(pids.count <= 2, "\(pids)")
    try run.finish()
  }

  @Test(
    arguments: SubscriptionTests.eras,
    [
      "legacy", "modern", "dual", "legacy,die-on-discover", "legacy,silent-on-discover",
      "dual,silent-on-discover", "dual,die-on-discover",
    ])
  func `B33: whatever a service speaks and does with the question, calls reach it`(
    revision: Revision, words: String
  ) throws {
    let run = try GatewayRun.open(
      [Service("odd", words), Service("good")],
      settings: GatewayRun.patientSettings.replacing("probe: 1m", with: "probe: 700ms"),
      revision: revision)
    try run.expectOK("odd_echo")
    try run.expectOK("odd_echo")
    try run.expectOK()
    try run.finish()
  }

  @Test func `B33: a service that dies of server/discover is never asked it for a legacy client`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try GatewayRun(
      [Service("s", "legacy,die-on-discover,starts=\(folder.path)/starts")], settings: "",
      folder: folder)
    try run.client.handshake()
    try run.expectOK("s_echo")
    #expect(run.ledger("starts").count == 1)
    try run.finish()
  }

  @Test func `a service that was silent once is asked again, one that was silent twice is not`()
    throws
  {
    let folder = try TemporaryFolder()
    let settings = GatewayRun.patientSettings.replacing("probe: 1m", with: "probe: 300ms")
    // How many processes a call of a modern client takes: one more where the question is asked.
    func starts(_ calls: Int) throws -> Int {
      let before = folder.text("starts").split(separator: "\n").count
      let run = try GatewayRun(
        [Service("s", "legacy,silent-on-discover,starts=\(folder.path)/starts")],
        settings: settings, revision: .newest, folder: folder)
      try run.client.handshake()
      for call in 0..<calls {
        if call > 0 { #expect(try run.client.call("s_crash").kind == .failure) }
        try run.expectOK("s_echo")
      }
      try run.finish()
      return folder.text("starts").split(separator: "\n").count - before
    }
    #expect(try starts(1) == 2)
    // Forgotten with the gateway, asked again at its start and after the crash.
    #expect(try starts(2) == 4)
    #expect(try starts(1) == 1)
  }

  @Test func `both processes of a service are told the log level`() throws {
    let run = try GatewayRun.open([Service("s", "watch,legacy"), Service("good")], settings: "")
    #expect(try run.client.roundTrip("logging/setLevel", ["level": "warning"]).result == [:])
    run.client.revision = .newest
    // The second process is started for the modern era, and has turned out to be legacy.
    for _ in 0..<2 { #expect(try run.client.call("s_echo").kind == .result) }
    run.client.revision = .newestLegacy
    let level = "/structuredContent/level"
    #expect(try run.client.call("s_state").result?.at(pointer: level) == "warning")
    run.client.revision = .newest
    #expect(try run.client.call("s_state").result?.at(pointer: level) == "warning")
    run.client.revision = .newestLegacy
    #expect(try run.client.roundTrip("logging/setLevel", ["level": "debug"]).result == [:])
    for revision in [Revision.newestLegacy, .newest] {
      run.client.revision = revision
      #expect(try run.client.call("s_state").result?.at(pointer: level) == "debug")
    }
    try run.finish()
  }

  @Test(arguments: [Revision.newestLegacy, .newest])
  func `with a single service, name, instructions and order are its own`(revision: Revision) throws
  {
    let folder = try TemporaryFolder()
    let service = Service("s", "name=solo,tools=3")
    let first = try GatewayRun([service], settings: "", revision: revision, folder: folder)
    try first.client.handshake()
    let list = try first.client.roundTrip("tools/list")
    let names = list.result?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["s_echo", "s_add", "s_slow"])
    try first.finish()
    // What is known from then on is told at once.
    let second = try GatewayRun([service], settings: "", revision: revision, folder: folder)
    let hello = try second.client.handshake()
    let pointer = "/_meta/io.modelcontextprotocol~1serverInfo/name"
    let isModern = revision.era == .modern
    #expect(
      hello.result?.at(pointer: isModern ? pointer : "/serverInfo/name") == "solo", "\(hello.text)")
    if isModern {
      let call = try second.client.call("s_echo")
      #expect(call.result?.at(pointer: pointer) == "solo", "\(call.text)")
    }
    try second.finish()
  }

  @Test func `with several services the gateway speaks for itself`() throws {
    let run = try GatewayRun.open(
      [Service("s", "name=solo"), Service("t")], capabilities: [:], revision: .newest)
    let call = try run.client.call("s_echo")
    let pointer = "/_meta/io.modelcontextprotocol~1serverInfo/name"
    #expect(call.result?.at(pointer: pointer) == "switchyard", "\(call.text)")
    try run.finish()
  }
}
