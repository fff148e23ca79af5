// Endurance: a gateway under load while everything around it goes wrong, and an account of it.
//
// ```
//   LoadClient ─▶ switchyard-gateway ─▶ 22 fake backends, each writes down what it executes:
//       │               │                 children, and servers of MCP and APIs over HTTP
//       │               │ metrics, log           │                Killer ─▶ all of them
//       └───────────────┴──────▶ Accounting ◀────┴──────────────────┘
// ```
//
// A run of chaos sends calls as fast as they are answered, with a part of them in flight, while a
// killer acts each 20 to 80 ms; then the killer stops, every service must come back, and the
// ledgers must agree. What happens is drawn from the seed; when it happens is not, so a seed
// repeats a mixture and not a moment. Everything runs on one thread; every wait has a limit.
import Glibc
import Harness
import RawJSON
import Resilience
import TestSupport

/// One run of chaos.
package final class ChaosRun {
  package struct Settings: Sendable {
    package var seed: UInt64
    package var calls: Int

    package init(seed: UInt64, calls: Int) {
      self.seed = seed
      self.calls = calls
    }

    /// Calls in flight: 2,000 of 100,000. Fewer than some hundreds would all stand before a
    /// service that is frozen.
    var window: Int { max(400, calls / 50) }
    /// The client speaks the modern era in every second run.
    var isModern: Bool { seed.isMultiple(of: 2) }
  }

  /// The load, and the end of its last call, take at most this long.
  static let longest = Duration.seconds(240)
  /// From the last deed until every service is there again; a call that was sent into the last
  /// deed may take all of its time first.
  static let recovery = Duration.seconds(120)
  /// More than the deadline of any call of the fleet, which must have its answer then.
  static let longestCall = Duration.seconds(90)

  private let settings: Settings
  private let fleet: Fleet
  private let gateway: GatewayUnderLoad
  private var killer: Killer
  private var random: SplitMix
  /// What ends a deed, and when.
  private var later: [(at: Instant, act: () -> Void)] = []
  private var busy: Set<String> = []
  /// Servers that did not run again after the last deed.
  private var stillUnwell: [String] = []
  /// What the gateway said of itself in the end.
  private var metrics = ""
  private var client: LoadClient { gateway.client }

  package init(_ settings: Settings) throws {
    self.settings = settings
    random = SplitMix(seed: settings.seed)
    // Those that are not take ten seconds to come back, which small runs do not have.
    fleet = Fleet(eager: settings.calls < 50_000)
    killer = Killer(seed: settings.seed &+ 1, fleet: fleet)
    gateway = try GatewayUnderLoad(fleet: fleet, isModern: settings.isModern)
  }

  /// Runs all of it; returns what was found.
  package func run() -> ChaosReport {
    let start = LoadClient.now
    var report = ChaosReport(seed: settings.seed)
    guard gateway.open(isModern: settings.isModern) else {
      report.disagreements = ["the services did not come up"]
      return close(&report, start)
    }
    let loaded = LoadClient.now
    load()
    report.loadTime = LoadClient.now - loaded
    undo()
    if !gateway.wait(Self.longest, { client.inFlight == 0 }) {
      report.disagreements.append("\(client.inFlight) calls were not answered in time")
    }
    report.disagreements += recover()
    report.recoveryTime = LoadClient.now - loaded - report.loadTime
    settle()
    var figures = gateway.figures()
    // One may have begun since.
    if !figures.isAtRest { figures = gateway.figures() }
    metrics = gateway.metrics()
    let disagreements = gateway.finish()
    let accounting = Accounting(
      calls: client.calls, figures: figures, executions: gateway.executions(),
      deeds: killer.deeds, fleet: fleet)
    report.disagreements += disagreements + client.complaints + accounting.disagreements
    report.figures = figures
    report.executions = accounting.executions.values.reduce(0, +)
    return close(&report, start)
  }

  private func close(_ report: inout ChaosReport, _ start: Instant) -> ChaosReport {
    report.time = LoadClient.now - start
    report.calls = client.calls
    report.deeds = killer.deeds
    if !report.disagreements.isEmpty || !report.slowCalls.isEmpty {
      report.log =
        client.log + Array(metrics.utf8) + gateway.ledgers()
        + report.ledgers(since: start)
    }
    return report
  }

  // MARK: Load

  private static let tools: [(CallRecord.Tool, weight: Int)] = [
    (.echo, 56), (.digest, 27), (.slow, 12), (.fail, 5),
  ]

  private func load() {
    let deadline = LoadClient.now + Self.longest
    var nextDeed = LoadClient.now
    while client.calls.count < settings.calls, LoadClient.now < deadline {
      let now = LoadClient.now
      for done in later where done.at <= now { done.act() }
      later.removeAll { $0.at <= now }
      if now >= nextDeed {
        if let plan = killer.next(at: now) { act(plan, at: now) }
        nextDeed = now + killer.pause()
      }
      while client.inFlight < settings.window, client.calls.count < settings.calls { send() }
      gateway.servers.supervise()
      let next = min(nextDeed, later.map(\.at).min() ?? nextDeed)
      _ = client.wire.move(until: min(next, now + .milliseconds(20))) {
        client.inFlight < settings.window * 3 / 4
      }
    }
  }

  private func send() {
    guard let tool = random.pick(Self.tools), let group = fleet.groups.randomElement(using: &random)
    else { return }
    // Every fiftieth goes to one that nobody touches.
    let isCalm = Int.random(in: 0..<50, using: &random) == 0
    let calm = Fleet.calm[client.calls.count % Fleet.calm.count]
    client.call(
      tool, of: isCalm ? calm : group, size: random.size(from: 10, to: 600),
      milliseconds: Int.random(in: 1...60, using: &random))
    if Int.random(in: 0..<40, using: &random) == 0 {
      let number = client.calls.count - 1
      let wait = Duration.milliseconds(Int.random(in: 0...40, using: &random))
      later.append((LoadClient.now + wait, { [unowned self] in client.cancel(number) }))
    }
  }

  // MARK: Deeds

  private func act(_ plan: Killer.Plan, at now: Instant) {
    let name = plan.member.name
    let end = now + plan.lasts
    switch plan.kind {
    case .kill: signal(SIGKILL, plan, now)
    case .terminate: signal(SIGTERM, plan, now)
    case .freeze:
      for process in gateway.processes()[name] ?? [] {
        kill(process, SIGSTOP)
        later.append((end, { kill(process, SIGCONT) }))
      }
      killer.did(Deed(.freeze, [name], at: now, until: end))
    case .reset: signal(SIGUSR1, plan, now)
    case .refuse: signal(SIGUSR2, plan, now)
    case .orphan: killChildren(plan, now)
    case .restart: rewrite(plan, .process, now)
    case .rewrite: rewrite(plan, .note, now)
    case .touch: rewrite(plan, .nothing, now)
    case .spoil:
      rewrite(plan, .nonsense, now)
      later.append((end, { [unowned self] in gateway.write(plan.member, .nothing) }))
    case .disable: disable(plan, now, until: end)
    case .poison:
      client.call(.crash, of: plan.member.group, size: 0)
      killer.did(Deed(.poison, fleet.members(of: plan.member.group).map(\.name), at: now))
    case .cancels:
      // A poisoned call that nobody waits for would end a service at any time.
      let open = client.openCalls.filter { client.calls[$0].tool != .crash }
      for number in killer.choose(20, of: open) { client.cancel(number) }
      killer.did(Deed(.cancels, [], at: now))
    case .deafness:
      client.wire.readsOutput = false
      let until = now + min(plan.lasts, .milliseconds(150))
      later.append((until, { [unowned self] in client.wire.readsOutput = true }))
      killer.did(Deed(.deafness, [], at: now, until: until))
    }
  }

  private func signal(_ signal: Int32, _ plan: Killer.Plan, _ now: Instant) {
    killer.did(Deed(plan.kind, [plan.member.name], at: now))
    for process in gateway.processes()[plan.member.name] ?? [] { kill(process, signal) }
  }

  /// Ends what the processes of a service have started.
  private func killChildren(_ plan: Killer.Plan, _ now: Instant) {
    killer.did(Deed(.orphan, [plan.member.name], at: now))
    for process in gateway.processes()[plan.member.name] ?? [] {
      let words = SmallFile.bytes(of: "/proc/\(process)/task/\(process)/children")
      for word in words.split(separator: 32) {
        if let child = Int32(String(decoding: word, as: UTF8.self)) { kill(child, SIGKILL) }
      }
    }
  }

  private func rewrite(_ plan: Killer.Plan, _ change: GatewayUnderLoad.Change, _ now: Instant) {
    gateway.write(plan.member, change)
    killer.did(Deed(plan.kind, [plan.member.name], at: now))
  }

  /// Never two members of a group: its tools would be gone.
  private func disable(_ plan: Killer.Plan, _ now: Instant, until end: Instant) {
    guard busy.insert(plan.member.group).inserted else { return }
    let name = plan.member.name
    killer.did(Deed(.disable, [name], at: now, until: end))
    _ = gateway.control(#"{"command":"disable","service":"\#(name)"}"#)
    later.append(
      (
        end,
        { [unowned self] in
          _ = gateway.control(#"{"command":"enable","service":"\#(name)"}"#)
          busy.remove(plan.member.group)
        }
      ))
  }

  // MARK: Recovery

  /// The killer stops: whatever it left undone is undone.
  private func undo() {
    for done in later { done.act() }
    later = []
    client.wire.readsOutput = true
    for process in gateway.processes().values.joined() { kill(process, SIGCONT) }
    stillUnwell = gateway.servers.silent(within: Self.recovery)
  }

  /// Calls each group until all services are there, then a hundredth of the calls once more, of
  /// which every one must succeed.
  private func recover() -> [String] {
    let deadline = LoadClient.now + Self.recovery
    guard stillUnwell.isEmpty else { return stillUnwell.map { "\($0) does not answer" } }
    var unwell = ["nobody was asked"]
    while !unwell.isEmpty, LoadClient.now < deadline {
      // An API that was away is asked by a call that may be sent twice.
      for group in fleet.groups {
        client.call(.echo, of: group, size: 10)
        client.call(.digest, of: group, size: 10)
      }
      guard gateway.wait(Self.longestCall, { client.inFlight == 0 }) else {
        return ["calls after the last deed are not answered: \(openCalls())"]
      }
      unwell = gateway.unwell()
      if unwell.isEmpty, gateway.counters().openBreakers > 0 { unwell = ["a breaker is open"] }
      if !unwell.isEmpty { gateway.rest(.milliseconds(100)) }
    }
    let failed = callOnceMore()
    guard let failed else {
      return ["calls after the recovery are not answered: \(openCalls())"]
    }
    return unwell.map { "in the end \($0)" }
      + failed.map { "\($0.uuid) failed after the recovery: \($0.answers)" }
  }

  /// The calls that have failed; nil where one was not answered.
  private func callOnceMore() -> [CallRecord]? {
    let first = client.calls.count
    // The first group has a deadline that a busy machine may miss.
    for number in 0..<max(80, settings.calls / 100) {
      let groups = fleet.groups.dropFirst()
      client.call(.echo, of: groups[groups.startIndex + number % groups.count], size: 10)
    }
    guard gateway.wait(Self.longestCall, { client.inFlight == 0 }) else { return nil }
    return client.calls[first...].filter { call in
      if case .result = call.answers.first?.kind { false } else { call.cancelled == nil }
    }
  }

  /// What waits: tool, group and milliseconds since it was sent.
  private func openCalls() -> String {
    let now = LoadClient.now
    return client.openCalls.sorted().prefix(10).map { number in
      let call = client.calls[number]
      return "\(call.tool.rawValue) of \(call.group), \((now - call.sent).inMilliseconds) ms"
    }.joined(separator: "; ")
  }

  /// The gateway has counted what it has answered: it does both in one turn, and cancels a turn
  /// after the client has sent them.
  private func settle() {
    for done in later { done.act() }
    later = []
    let id = client.ask("tools/list")
    _ = gateway.wait(.seconds(20)) { client.replies[id] != nil }
    // A health check may be in flight.
    let deadline = LoadClient.now + .seconds(20)
    while !gateway.counters().isAtRest, LoadClient.now < deadline {
      gateway.rest(.milliseconds(50))
    }
  }
}
