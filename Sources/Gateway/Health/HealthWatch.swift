import Glibc
import Health
import Loop
import MCP
import Manifest
import Resilience
import Store
import Telemetry

// How services do: what is observed of them becomes states, alerts, history and metrics.
//
//   Gateway.observed ─┐
//   Service.phase ────┼─▶ HealthWatch ─▶ ServiceHealth ─▶ log, state file, AlertBook ─▶ AlertDesk
//   HealthProbe ──────┤        └─▶ MetricsRegistry ─▶ MetricsExport
//   lines of garbage ─┘
//
// It decides nothing about calls: who may be sent is the breaker's business. One timer serves all
// checks and alerts. A finished call costs a few additions; a check costs a request and a timer.

/// Watches all services of a gateway.
@EventLoop
final class HealthWatch {
  unowned let gateway: Gateway
  let metrics = MetricsRegistry()
  /// By the number of the service.
  private(set) var records: [HealthRecord] = []
  let desk: AlertDesk
  private(set) var book: AlertBook
  private var schedule: CheckSchedule
  private var timer: LoopTimer?
  private(set) var export: MetricsExport?
  /// Whether time alone may end a state.
  private var waitsForTime = false
  private var isClosed = false

  init(of gateway: Gateway) {
    self.gateway = gateway
    let configuration = gateway.configuration.gateway
    schedule = CheckSchedule(patience: configuration.health.timeout)
    book = AlertBook(AlertPolicy(configuration.alerts))
    desk = AlertDesk(of: gateway)
    let now = EventLoop.now
    for service in gateway.services { adopt(service.manifest, service, nil, at: now) }
    for api in gateway.restServices { adopt(api.manifest, nil, api, at: now) }
  }

  private func adopt(
    _ manifest: ServiceManifest, _ service: Service?, _ api: RESTService?, at now: Instant
  ) {
    let rules = HealthRules(
      degradedOver: manifest.health.degradedOver,
      failures: gateway.configuration.gateway.health.failures)
    let record = HealthRecord(
      index: records.count, manifest: manifest, service: service, api: api,
      health: ServiceHealth(rules, at: now), counts: metrics.service(manifest.name))
    records.append(record)
    if record.check != nil {
      schedule.add(
        record.index, every: manifest.health.every, at: now, random: .random(in: 0..<1))
    }
  }

  /// Begins to check and to export.
  func begin() {
    export = MetricsExport(of: self)
    setTimer()
  }

  func close() {
    isClosed = true
    timer?.stop()
    export?.close()
  }

  func record(named name: String) -> HealthRecord? {
    records.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  // MARK: Observations

  /// On the way of every call.
  func observed(_ observation: Observation) {
    guard observation.service >= 0, observation.service < records.count else { return }
    let record = records[observation.service]
    count(observation, of: record)
    let now = EventLoop.turnTime
    switch observation.outcome.verdict {
    case .healthy:
      record.unanswered = 0
      if record.service == nil { became(.running, record, at: now) }
      if let change = record.health.succeeded(at: now) { changed(record, change, at: now) }
    case .ill:
      if record.service == nil { became(.running, record, at: now) }
      if let change = record.health.failed(at: now) { changed(record, change, at: now) }
    case .nothing: break
    }
  }

  private func count(_ observation: Observation, of record: HealthRecord) {
    let end = CallEnd(observation.outcome)
    record.counts.record(end, nanoseconds: observation.duration)
    record.counts.add(UInt64(max(0, observation.bytesIn)), to: .bytesSent)
    record.counts.add(UInt64(max(0, observation.bytesOut)), to: .bytesReceived)
    if observation.attempt > 1 { record.counts.add(to: .retries) }
    if end == .refused { record.counts.add(to: .refused) }
    if end == .cache { record.counts.add(to: .cacheHits) }
    if let entry = observation.entry, observation.method == .toolsCall {
      statistics(of: entry, record).record(end, nanoseconds: observation.duration)
    }
    export?.observed(observation, end, record)
  }

  private func statistics(of entry: Catalogue.Entry, _ record: HealthRecord) -> ToolStatistics {
    if let known = entry.statistics { return known }
    let name = String(decoding: entry.publicName, as: UTF8.self)
    let statistics = metrics.tool(name, of: record.name)
    entry.statistics = statistics
    return statistics
  }

  func phaseChanged(of service: Service) {
    guard let record = record(of: service) else { return }
    if case .ready = service.phase {
      record.wasReady = true
      record.unanswered = 0
      record.counts.add(to: .starts)
    }
    guard let presence = record.presence else { return }
    became(presence, record, at: EventLoop.now)
  }

  /// It could not be started, or has ended by itself; its phase says which.
  func serviceFailed(_ service: Service) {
    guard let record = record(of: service) else { return }
    record.counts.add(to: .crashes)
    if case .asleep = service.phase { record.wasReady = false }
    if let presence = record.presence { became(presence, record, at: EventLoop.now) }
    record.wasReady = record.wasReady && !service.policy.isFlapping
  }

  func wroteJunk(_ service: Service) {
    guard let record = record(of: service) else { return }
    let now = EventLoop.turnTime
    record.counts.add(to: .garbageLines)
    if let change = record.health.wroteGarbage(1, at: now) { changed(record, change, at: now) }
  }

  /// Nil for a second process of a service, and before the services are known.
  private func record(of service: Service) -> HealthRecord? {
    guard service.index < records.count, records[service.index].service === service else {
      return nil
    }
    return records[service.index]
  }

  private func became(
    _ presence: ServiceHealth.Presence, _ record: HealthRecord, at now: Instant
  ) {
    if let change = record.health.became(presence, at: now) { changed(record, change, at: now) }
  }

  // MARK: Changes

  private func changed(_ record: HealthRecord, _ change: HealthChange, at now: Instant) {
    let isQuiet = change.to == .asleep || change.from == .asleep && change.to == .up
    gateway.log(
      isQuiet ? .debug : change.to == .up ? .info : .warning, "health.changed",
      [
        "service": record.name, "from": change.from.rawValue, "to": change.to.rawValue,
        "reason": change.reason.rawValue,
      ])
    if !isQuiet {
      note(.state, change.to.rawValue, change.reason.rawValue, of: record)
    }
    if change.reason == .garbage { waitsForTime = true }
    book.noted(record.index, change.to, change.reason, at: now)
    setTimer()
  }

  private func note(
    _ kind: HealthEntry.Kind, _ word: String, _ detail: String, of record: HealthRecord
  ) {
    let limit = gateway.configuration.gateway.health.history
    guard limit > 0, let store = gateway.surroundings.store else { return }
    store.note(
      HealthEntry(
        at: Gateway.secondsSince1970(), service: record.name, kind: kind, word: word,
        detail: detail), keeping: limit)
  }

  // MARK: Time

  private func setTimer() {
    guard !isClosed, gateway.ending == nil else { return }
    var due = schedule.nextDue ?? .distantFuture
    if let alerts = book.nextDue { due = min(due, alerts) }
    if waitsForTime { due = min(due, EventLoop.now + .seconds(5)) }
    guard due != .distantFuture else { return }
    let timer = timer ?? LoopTimer { [unowned self] in timeElapsed() }
    self.timer = timer
    timer.start(at: due)
  }

  private func timeElapsed() {
    guard !isClosed, gateway.ending == nil else { return }
    let now = EventLoop.now
    let due = schedule.due(at: now) { .random(in: 0..<1) }
    for index in due.overdue { records[index].probe?.overdue() }
    for index in due.checks where !beginCheck(of: records[index]) { schedule.ended(index) }
    if waitsForTime { passTime(to: now) }
    for event in book.advance(to: now) { tell(event) }
    setTimer()
  }

  private func passTime(to now: Instant) {
    for record in records {
      if let change = record.health.advanced(to: now) { changed(record, change, at: now) }
    }
    waitsForTime = records.contains { $0.health.reason == .garbage }
  }

  private func tell(_ event: AlertEvent) {
    let record = records[event.service]
    let alert = Alert(event, service: record.name)
    note(
      event.isResolved ? .resolved : .raised, event.rule.rawValue, event.level.rawValue,
      of: record)
    desk.tell(alert)
  }

  // MARK: Checks

  /// A check has ended: with the time that it took, without an answer, or with nothing to say.
  func checkEnded(_ record: HealthRecord, _ outcome: HealthProbe.Outcome) {
    record.probe = nil
    schedule.ended(record.index)
    let now = EventLoop.now
    switch outcome {
    case .answered(let time):
      record.counts.add(to: .checks)
      record.unanswered = 0
      if record.service == nil { became(.running, record, at: now) }
      if let change = record.health.checked(time, at: now) { changed(record, change, at: now) }
    case .failed:
      record.counts.add(to: .checks)
      record.counts.add(to: .checkFailures)
      if record.service == nil { became(.running, record, at: now) }
      if let change = record.health.checked(nil, at: now) { changed(record, change, at: now) }
    case .nothing: break
    }
    setTimer()
  }
}

extension AlertPolicy {
  init(_ alerts: GatewayConfiguration.Alerts) {
    var levels: [AlertRule: AlertLevel] = [:]
    levels[.degraded] = AlertLevel(rawValue: alerts.degraded.rawValue)
    levels[.down] = AlertLevel(rawValue: alerts.down.rawValue)
    levels[.flapping] = AlertLevel(rawValue: alerts.flapping.rawValue)
    self.init(
      levels: levels, after: alerts.after, clearAfter: alerts.clearAfter,
      cooldown: alerts.cooldown)
  }
}
