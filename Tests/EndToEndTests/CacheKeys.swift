import Harness
import MCP
import RawJSON
import TestSupport

/// The keys that say which results are given again.
enum CacheKeys {
  /// Executions of two equal calls, with something between them.
  private static func executions(
    _ run: GatewayRun, _ arguments: JSONValue = ["text": "x"],
    between: (GatewayRun) throws -> Void = { _ in }
  ) throws -> String {
    _ = try KeyBehaviour.tools(run)
    var calls: [Int?] = []
    for round in 0..<2 {
      if round == 1 { try between(run) }
      let answer = try run.client.call("a_pid", arguments)
      calls.append(answer.result?.at(pointer: "/structuredContent/calls")?.intValue)
    }
    return calls[0] == calls[1] ? "kept" : "asked"
  }

  private static func tools(_ more: String) -> @Sendable (String) -> [Service] {
    { value in
      [Service("a", more: ["tools: {read_only: [pid, echo], " + more + value + "}"])]
    }
  }

  private static let cached = KeyBehaviour.fixed(
    Service("a", more: ["tools: {read_only: [pid, digest], cache: {'*': 1h}}"]))

  static let gateway: [KeyBehaviour] = [
    KeyBehaviour(
      key: "cache.entries", values: [("1", "kept"), ("0", "asked")], services: cached,
      observe: { run, _ in try executions(run) }),
    // A call in between pushes the first result out where there is no room for both.
    KeyBehaviour(
      key: "cache.bytes", values: [("64KiB", "kept"), ("1KiB", "asked")], services: cached,
      observe: { run, _ in
        try executions(run) { run in
          for number in 0..<8 {
            _ = try run.client.call("a_digest", ["number": .string(String(number))])
          }
        }
      }),
    KeyBehaviour(
      key: "cache.entry", values: [("64KiB", "kept"), ("1KiB", "asked")], services: cached,
      observe: { run, _ in
        try executions(run, ["text": .string(String(repeating: "x", count: 2_000))])
      }),
  ]

  static let manifest: [KeyBehaviour] = [
    KeyBehaviour(
      key: "resources.cache",
      values: [("{'memo://*': 1h}", "kept"), ("{'other://*': 1h}", "asked")],
      services: { [Service("a", "watch", more: ["resources: {cache: \($0)}"])] },
      observe: { run, _ in
        _ = try KeyBehaviour.tools(run)
        for _ in 0..<4 { _ = try run.client.roundTrip("resources/read", ["uri": "memo://one"]) }
        let hits = try run.metric("switchyard_cache_hits_total", of: "a") ?? 0
        return hits == 0 ? "asked" : "kept"
      }),
    KeyBehaviour(
      key: "tools.cache", values: [("{pid: 1h}", "kept"), ("{echo: 1h}", "asked")],
      services: tools("cache: "), observe: { run, _ in try executions(run) }),
    KeyBehaviour(
      key: "tools.clears", values: [("{add: [echo]}", "kept"), ("{add: ['p*']}", "asked")],
      services: tools("cache: {'*': 1h}, clears: "),
      observe: { run, _ in
        try executions(run) { _ = try $0.client.call("a_add", ["a": 1, "b": 2]) }
      }),
    KeyBehaviour(
      key: "tools.stale", values: [("{digest: 1h}", "stale"), ("{echo: 1h}", "-31004")],
      services: { value in
        [
          Service(
            "a",
            more: [
              "tools: {read_only: [digest], cache: {digest: 1ms}, clears: {hang: []}, stale: "
                + value + "}", "limits: {concurrent: 1, queue: 0}",
            ])
        ]
      },
      observe: { run, _ in
        _ = try KeyBehaviour.tools(run)
        _ = try run.client.call("a_digest", ["text": "x"])
        run.client.run(for: .milliseconds(50))
        _ = try run.client.request("tools/call", ["name": "a_hang"])
        let answer = try run.client.call("a_digest", ["text": "x"])
        if answer.result?["_meta"]?["switchyard/stale"] == true { return "stale" }
        return answer.errorCode.map(String.init) ?? "answered"
      }),
  ]
}
