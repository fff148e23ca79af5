import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Resources that were read and are given again (`resources.cache`), at the gateway's pipes.
@Suite struct KeptReadTests {
  private func open(
    _ folder: TemporaryFolder, _ script: String = "legacy", more: String = "",
    revision: Revision = .newestLegacy
  ) throws -> GatewayRun {
    let run = try GatewayRun(
      [
        Service(
          "a", script + ",watch,ledger=\(folder.path)/ledger", process: ["idle: 1s"],
          more: [
            "resources: {cache: {'memo://*': 1h}}",
            "tools: {clears: {notify: [], state: []}\(more)}",
          ])
      ], folder: folder)
    run.client.revision = revision
    try run.client.handshake()
    _ = try KeyBehaviour.tools(run)
    return run
  }

  private func reads(_ folder: TemporaryFolder, of uri: String) -> Int {
    folder.read("ledger").split(separator: "\n").count { String($0) == "read \"\(uri)\"" }
  }

  private func read(_ run: GatewayRun, _ uri: String) throws -> ServerMessage {
    try run.client.roundTrip(
      "resources/read", ["uri": .string(uri)], within: GatewayRun.patience)
  }

  private func notify(_ run: GatewayRun, _ method: String, _ params: JSONValue = [:]) throws {
    let answer = try run.client.call(
      "a_notify", ["method": .string(method), "params": params], within: GatewayRun.patience)
    #expect(answer.kind == .result, "\(answer.text)")
  }

  @Test func `a read that is kept is the same answer, is counted, and starts no service`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let first = try read(run, "memo://one")
    let isAsleep = run.wait { run.processes(of: "a").isEmpty }
    #expect(isAsleep)
    let second = try read(run, "memo://one")
    #expect(first.kind == .result && second.result == first.result, "\(second.text)")
    #expect(run.processes(of: "a").isEmpty)
    #expect(reads(folder, of: "memo://one") == 1)
    #expect(try run.metric("switchyard_cache_hits_total", of: "a") == 1)
    #expect(try run.metric("switchyard_cache_misses_total", of: "a") == 1)
    // No time is given for it.
    for _ in 0..<2 { _ = try read(run, "ui://panel/main") }
    #expect(reads(folder, of: "ui://panel/main") == 2)
    try run.finish()
  }

  @Test func `ttlMs of the service shortens the time, and a copy says what is left of it`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder, "modern", revision: .newest)
    let first = try read(run, "memo://ttl-600000/public")
    let second = try read(run, "memo://ttl-600000/public")
    #expect(reads(folder, of: "memo://ttl-600000/public") == 1)
    #expect(first.result?["ttlMs"] == 600_000)
    let left = second.result?["ttlMs"]?.intValue ?? -1
    #expect(left >= 0 && left <= 600_000, "\(second.text)")
    for answer in [first, second] {
      #expect(answer.result?["cacheScope"] == "public" && answer.result?["contents"] != nil)
      #expect(answer.result?["resultType"] == "complete", "\(answer.text)")
    }
    // Good for no time, and for less than the manifest's.
    for _ in 0..<2 { _ = try read(run, "memo://ttl-0") }
    #expect(reads(folder, of: "memo://ttl-0") == 2)
    _ = try read(run, "memo://ttl-30")
    run.client.run(for: .milliseconds(60))
    _ = try read(run, "memo://ttl-30")
    #expect(reads(folder, of: "memo://ttl-30") == 2)
    try run.finish()
  }

  @Test func `a modern client of a legacy service is told that a copy is good for no time`() throws
  {
    let folder = try TemporaryFolder()
    let run = try open(folder, revision: .newest)
    for _ in 0..<2 {
      let answer = try read(run, "memo://one")
      #expect(answer.result?["ttlMs"] == 0 && answer.result?["cacheScope"] == "private")
    }
    #expect(reads(folder, of: "memo://one") == 1)
    try run.finish()
  }

  @Test func `S17: errors of reads are not kept, nor does one client get what another read`() throws
  {
    let folder = try TemporaryFolder()
    let run = try open(folder, "modern", revision: .newest)
    for _ in 0..<2 { #expect(try read(run, "memo://error").kind == .failure) }
    #expect(reads(folder, of: "memo://error") == 2)
    for name in ["one", "two", "one"] {
      try run.ask(as: name, "resources/read", #""uri":"memo://ttl-600000/public""#)
    }
    #expect(reads(folder, of: "memo://ttl-600000/public") == 2)
    try run.finish()
  }

  @Test func `equal reads at the same time are one, and a cancel takes none away`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let ids = try (0..<8).map { _ in
      try run.client.request("resources/read", ["uri": "memo://late-300"])
    }
    try run.client.cancel(ids[3])
    for id in ids where id != ids[3] {
      #expect(try run.client.response(to: id).kind == .result)
    }
    #expect(reads(folder, of: "memo://late-300") == 1)
    // The one that is asked is withdrawn: another takes its place.
    let more = try (0..<3).map { _ in
      try run.client.request("resources/read", ["uri": "memo://late-301"])
    }
    let hasBegun = run.wait { reads(folder, of: "memo://late-301") == 1 }
    #expect(hasBegun)
    try run.client.cancel(more[0])
    for id in more.dropFirst() { #expect(try run.client.response(to: id).kind == .result) }
    #expect(reads(folder, of: "memo://late-301") == 2)
    try run.finish()
  }

  @Test func `what a service says has changed is read again, and nothing else`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder)
    let (one, two) = ("memo://one", "memo://two")
    for uri in [one, two] { _ = try read(run, uri) }
    try notify(run, "notifications/resources/updated", ["uri": .string(one)])
    for uri in [one, two] { _ = try read(run, uri) }
    #expect(reads(folder, of: one) == 2 && reads(folder, of: two) == 1)
    try notify(run, "notifications/resources/list_changed")
    for uri in [one, two] { _ = try read(run, uri) }
    #expect(reads(folder, of: one) == 3 && reads(folder, of: two) == 2)
    // A read that was under way when it changed is not kept.
    let early = try run.client.request("resources/read", ["uri": "memo://late-300"])
    let hasBegun = run.wait { reads(folder, of: "memo://late-300") == 1 }
    #expect(hasBegun)
    try notify(run, "notifications/resources/updated", ["uri": "memo://late-300"])
    _ = try run.client.response(to: early)
    _ = try read(run, "memo://late-300")
    #expect(reads(folder, of: "memo://late-300") == 2)
    try run.finish()
  }

  @Test func `a write of the service makes reads untrue, but for what the manifest says`() throws {
    let folder = try TemporaryFolder()
    let run = try open(folder, more: ", read_only: [echo]")
    let uri = "memo://one"
    _ = try read(run, uri)
    for tool in ["a_echo", "a_state"] { _ = try run.client.call(tool, ["text": "x"]) }
    _ = try read(run, uri)
    #expect(reads(folder, of: uri) == 1)
    _ = try run.client.call("a_meta")
    _ = try read(run, uri)
    #expect(reads(folder, of: uri) == 2)
    try run.finish()
  }
}
