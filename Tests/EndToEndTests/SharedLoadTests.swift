import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// What all services together may have of calls.
@Suite struct SharedLoadTests {
  @Test func `services take turns when all together have as many calls as they may`() throws {
    let run = try GatewayRun.open(
      [Service("a"), Service("b")],
      settings: GatewayRun.patientSettings + "limits: {running_calls: 1}\n")
    try run.expectOK("a_echo")
    try run.expectOK("b_echo")
    func ask(_ tool: String) throws -> String {
      try run.client.request("tools/call", ["name": .string(tool)])
    }
    let hung = try ask("a_hang")
    let many = try (0..<6).map { _ in try ask("a_echo") }
    let few = try (0..<2).map { _ in try ask("b_echo") }
    // All of them wait when this is answered.
    _ = try run.client.roundTrip("ping")
    try run.client.cancel(hung)
    for id in many + few { #expect(try run.client.response(to: id).kind == .result) }
    let order = run.client.transcript.messages.compactMap(\.id)
    let place = { order.firstIndex(of: $0) ?? 0 }
    #expect(place(few[1]) < place(many[3]), "\(order)")
    try run.finish()
  }

  @Test func `a place that becomes free is taken by whoever waits, also after a death`() throws {
    let run = try GatewayRun.open(
      [Service("a"), Service("b")],
      settings: GatewayRun.patientSettings + "limits: {running_calls: 2}\n")
    try run.expectOK("a_echo")
    try run.expectOK("b_echo")
    let hung = try (0..<2).map { _ in
      try run.client.request("tools/call", ["name": "a_hang"])
    }
    let waiting = try run.client.request("tools/call", ["name": "b_echo"])
    try run.client.cancel(hung[0])
    #expect(try run.client.response(to: waiting).kind == .result)
    let crash = try run.client.request("tools/call", ["name": "a_crash"])
    for id in [hung[1], crash] {
      #expect(try run.client.response(to: id).errorCode == ErrorCode.backendLost.rawValue)
    }
    for _ in 0..<5 { try run.expectOK("b_echo") }
    try run.finish()
  }

  @Test(arguments: [true, false])
  func `R06: calls that wait are refused before they fill the memory`(isKnown: Bool) throws {
    let folder = try TemporaryFolder()
    if isKnown {
      let first = try GatewayRun([Service("a")], folder: folder)
      try first.client.handshake()
      _ = try KeyBehaviour.tools(first)
      try first.finish()
    }
    // It never becomes ready; calls wait for it, or for its name to be known.
    let run = try GatewayRun(
      [Service("a", "hang@init"), Service("good")],
      settings: GatewayRun.patientSettings + "limits: {waiting_bytes: 8MiB}\n", folder: folder)
    try run.client.handshake()
    try run.expectOK()
    let gateway = run.client.process.processID
    let before = ProcessFigures.memory(gateway)
    let filler = JSONValue.string(String(repeating: "x", count: 1_000_000))
    let ids = try (0..<40).map { _ in
      try run.client.request("tools/call", ["name": "a_echo", "arguments": ["text": filler]])
    }
    try run.expectOK()
    let answers = ids.compactMap { run.client.transcript.answersByID[$0]?.first }
    #expect(answers.count == 32, "\(answers.count)")
    for answer in answers {
      #expect(answer.errorCode == ErrorCode.overloaded.rawValue, "\(answer.text)")
      #expect(answer.error?.at(pointer: "/data/sent") == false, "\(answer.text)")
      #expect((answer.error?.at(pointer: "/data/retryAfterMs")?.intValue ?? 0) > 0)
    }
    #expect(ProcessFigures.memory(gateway) - before < 64 << 20)
    try run.finish()
  }

  /// The gateway with so much memory for its data as ulimit(1) gives it.
  private static func wrapper(kibibytes: Int) -> [String] {
    ["sh", "-c", "ulimit -d \(kibibytes) && exec \"$@\"", "sh"]
  }

  @Test func `R06: where the system gives little memory, calls are refused before it is used up`()
    throws
  {
    let run = try GatewayRun(
      [Service("a", "hang@init"), Service("good")], wrapper: Self.wrapper(kibibytes: 128 << 10))
    try run.client.handshake()
    try run.expectOK()
    let filler = JSONValue.string(String(repeating: "x", count: 1_000_000))
    // The service is known from nothing but its name, so all of them wait.
    let ids = try (0..<120).map { _ in
      try run.client.request("tools/call", ["name": "a_echo", "arguments": ["text": filler]])
    }
    try run.expectOK()
    let answers = ids.compactMap { run.client.transcript.answersByID[$0]?.first }
    // 64 MiB of the 128 wait; the rest was refused.
    #expect(answers.count == 120 - (64 << 20) / 1_000_000, "\(answers.count)")
    #expect(answers.allSatisfy { $0.errorCode == ErrorCode.overloaded.rawValue })
    try run.expectOK()
    try run.finish()
  }

  @Test func `R06: a budget that the system does not grant is an error at the start`() throws {
    let settings = GatewayRun.patientSettings + "limits: {waiting_bytes: 512MiB}\n"
    let run = try GatewayRun(
      [Service("good")], settings: settings, wrapper: Self.wrapper(kibibytes: 256 << 10))
    #expect(try run.client.waitForExit(within: GatewayRun.patience) == .code(1))
    let told = run.client.stderr
    #expect(
      told.contains("'limits.waiting_bytes' is 512MiB, and more than half of the 256MiB"), "\(told)"
    )
    run.checkProcesses()
  }
}
