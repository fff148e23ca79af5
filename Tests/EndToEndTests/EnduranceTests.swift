import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Rows R05, R07, R10, R13, R18, R20 and T05: what lies outside the gateway is slow, full, busy or
/// gone, and many things happen at once.
@Suite struct EnduranceTests {
  private func shell(_ redirection: String) -> [String] {
    ["/bin/sh", "-c", "exec \"$@\" \(redirection)", "sh"]
  }

  @Test func `R05, R07: a log that nobody reads holds up no call, and what is lost is counted`()
    throws
  {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/log"
    #expect(mkfifo(pipe, 0o600) == 0)
    // Opened for reading too, so that it opens at once, and nobody reads.
    let run = try GatewayRun(
      [Service("loud", "stderr-flood"), Service("good")],
      settings: GatewayRun.patientSettings + "stderr: {rate: 100000}\nlog: {level: debug}\n",
      wrapper: shell("2<>'\(pipe)'"), folder: folder)
    try run.client.handshake()
    try run.expectOK("loud_echo")
    func dropped() throws -> Int {
      let text = try run.control().ask(#"{"command":"metrics"}"#)["text"]?.stringValue ?? ""
      let line = text.split(separator: "\n").first {
        $0.hasPrefix("switchyard_log_dropped_total{")
      }
      return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }
    let isFull = run.wait { ((try? dropped()) ?? 0) > 0 }
    #expect(isFull)
    for _ in 0..<20 { try run.expectOK() }
    try run.finish()
  }

  @Test(arguments: ["2>'FOLDER/log'", "2>/dev/full"])
  func `R05: a log whose file is gone or takes nothing changes nothing`(to: String) throws {
    let folder = try TemporaryFolder()
    let target = to.split(separator: "FOLDER", omittingEmptySubsequences: false)
      .joined(separator: folder.path)
    let run = try GatewayRun(
      [Service("good")], settings: GatewayRun.patientSettings + "log: {level: trace}\n",
      wrapper: shell(target), folder: folder)
    try run.client.handshake()
    unlink(folder.path + "/log")
    for _ in 0..<20 { try run.expectOK() }
    try run.finish()
  }

  @Test func `R10: on a busy machine deadlines are kept, and no breaker opens by mistake`() throws {
    // Services that never become ready and take all the time that they get.
    let spinners = (0..<4).map {
      Service(
        "spin\($0)", command: "/usr/bin/nice", arguments: ["sh", "-c", "while :; do :; done"],
        process: ["start: always"])
    }
    let run = try GatewayRun.open(
      [Service("hung", more: ["limits: {timeout: 500ms}"]), Service("good")] + spinners)
    let spins = run.wait { !run.processes(of: "spin3").isEmpty }
    #expect(spins)
    try run.expectOK()
    try run.expectServed("hung_echo")
    let ids = try (0..<20).map { _ in
      try run.client.request("tools/call", ["name": "hung_hang"])
    }
    for _ in 0..<50 { try run.expectOK() }
    for id in ids {
      let answer = try run.client.response(to: id, within: GatewayRun.patience)
      #expect(answer.errorCode == ErrorCode.timeout.rawValue, "\(answer.text)")
    }
    let limit = Duration.milliseconds(500 + 500)
    let took = try Promptness.time(under: limit) {
      try run.expectError("hung_hang", .timeout)
    }
    #expect(took < limit)
    try run.expectOK()
    #expect(!run.client.stderr.contains("breaker.open"), "\(run.client.stderr)")
    #expect(!run.client.stderr.contains(#""service":"good","retry_ms""#), "\(run.client.stderr)")
    try run.finish()
  }

  @Test func `R13: storms of signals that mean nothing end nothing`() throws {
    let run = try GatewayRun.open([Service("good")])
    try run.expectOK()
    let gateway = run.client.process.processID
    for round in 0..<200 {
      for number in [SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE, SIGWINCH, SIGURG, SIGCONT] {
        kill(gateway, number)
      }
      if round % 20 == 0 {
        run.client.process.signal(SIGSTOP)
        run.client.process.signal(SIGCONT)
        try run.expectOK()
      }
    }
    let service = try #require(run.processes(of: "good").first)
    // A service has the signals that any program starts with.
    kill(service, SIGUSR1)
    #expect(run.wait { !run.processes(of: "good").contains(service) })
    // The gateway may hear of that end after the next call, which was not sent then.
    let next = try run.client.call("good_echo", ["text": "x"])
    if next.kind != .result {
      #expect(next.errorCode == ErrorCode.backendUnavailable.rawValue, "\(next.text)")
      try run.expectOK()
    }
    try run.finish()
  }

  /// Writes the manifest so that the service needs another process, and has that started.
  private func change(_ run: GatewayRun, to number: Int) throws {
    try run.write(Service("good", "", process: ["start: always"], environment: ["N": "\(number)"]))
    let answer = try run.control().ask(#"{"command":"reload"}"#)
    #expect(answer["usable"] == true, "\(answer)")
  }

  @Test func `R20: reloads leave no descriptor, no thread, no process and no zombie behind`() throws
  {
    let run = try GatewayRun.open([Service("good", process: ["start: always"]), Service("other")])
    try run.expectOK("other_echo")
    let gateway = run.client.process.processID
    func settle() throws -> [Int] {
      try run.expectOK()
      let isQuiet = run.wait {
        run.processes(of: "good").count == 1 && ProcessFigures.zombies(of: gateway) == 0
      }
      #expect(isQuiet, "\(run.processes(of: "good"))")
      return [ProcessFigures.descriptors(gateway), ProcessFigures.threads(gateway)]
    }
    for number in 0..<3 { try change(run, to: number) }
    let before = try settle()
    for number in 3..<33 { try change(run, to: number) }
    // The thread that reads, and connections to the socket, end soon after.
    var after: [Int] = []
    let isFlat = run.wait(within: .seconds(20)) {
      after = (try? settle()) ?? []
      return zip(after, before).allSatisfy { $0 <= $1 + 1 }
    }
    #expect(isFlat && after.count == 2, "\(before), \(after)")
    #expect(run.processes(of: "other").count == 1)
    try run.finish()
  }

  @Test func `R18: a gateway that is killed while it exchanges processes leaves none`() throws {
    let run = try GatewayRun.open(
      [Service("good", "ignore-eof,ignore-term", process: ["start: always"])])
    try run.expectOK()
    for number in 0..<5 { try change(run, to: number) }
    run.client.process.signal(SIGKILL)
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .signal(SIGKILL))
    run.checkProcesses()
  }

  @Test func `T05: ten thousand deadlines of one moment are all answered`() throws {
    let run = try GatewayRun.open(
      [Service("a", more: ["limits: {concurrent: 10000, queue: 10000, timeout: 3s}"])],
      settings: """
        deadlines: {call: 2m, initialize: 1m, probe: 1m}
        discovery: {wait: 1m, deadline: 2m}
        limits: {client_calls: 20000}
        breaker: {failures: 0}

        """)
    try run.expectServed("a_echo")
    let before = run.client.transcript.answerCount
    let ids = try (0..<10_000).map { _ in
      try run.client.request("tools/call", ["name": "a_hang"])
    }
    let all = run.client.run(
      until: { $0.answerCount >= before + 10_000 }, within: GatewayRun.patience)
    #expect(all)
    let codes = Set(ids.map { run.client.transcript.answersByID[$0]?.first?.errorCode })
    #expect(codes == [ErrorCode.timeout.rawValue], "\(codes)")
    try run.expectServed("a_echo")
    try run.finish()
  }
}
