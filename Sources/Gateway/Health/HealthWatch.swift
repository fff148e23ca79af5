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
  /// Of the services that are served, processes first.
  private(set) var records: [HealthRecord] = []
  /// The same by the numbers of services with a process, and those that are leaving.
  private(set) var byIndex: [HealthRecord?] = []
  /// Of services that are not served any more and still have calls to answer.
  private var leaving: [HealthRecord] = []
  private(set) var desk: AlertDesk
  private(set) var book: AlertBook
  private var schedule: CheckSchedule
  private var timer: LoopTimer?
  private(set) var export: MetricsExport?
  private var settings: GatewayConfiguration
  private var nextID = 0
  /// Whether time alone may end a state.
  private var waitsForTime = false
  private var isClosed = false

  init(of gateway: Gateway) {
    self.gateway = gateway
    settings = gateway.configuration.gateway
    schedule = CheckSchedule(patience: settings.health.timeout)
    book = AlertBook(AlertPolicy(settings.alerts))
    desk = AlertDesk(of: gateway)
    takeServices()
  }

  /// Begins to check and to export.
  func begin() {
    openExport()
    setTimer()
  }

  private func openExport() {
    export = MetricsExport(of: self)
    gateway.wantsSpans = export?.wantsSpans ?? false
  }

  func close() {
    isClosed = true
    timer?.stop()
    export?.close()
  }

  func record(named name: String) -> HealthRecord? {
    records.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  // MARK: Services

  /// Services have come, gone or got another manifest, or gateway.yaml is another.
  func servicesChanged() {
    let now = gateway.configuration.gateway
    if now.health != settings.health { schedule.patience = now.health.timeout }
    if now.alerts != settings.alerts {
      book.policy = AlertPolicy(now.alerts)
      desk = AlertDesk(of: gateway)
    }
    if now.metrics != settings.metrics {
      export?.close()
      openExport()
    }
    settings = now
    takeServices()
    setTimer()
  }

  private func takeServices() {
    let old = records
    records = gateway.services.map { service in
      old.first { $0.service === service } ?? newRecord(service, nil)
    }
    records += gateway.restServices.map { api in
      old.first { $0.api === api } ?? newRecord(nil, api)
    }
    for gone in old where !records.contains(where: { $0 === gone }) {
      schedule.remove(gone.id)
      if let event = book.remove(gone.id) { tell(event, of: gone) }
    }
    leaving = (leaving + old).filter { record in
      !records.contains { $0 === record || $0.index == record.index } && isKnown(record)
    }
    byIndex = []
    for record in leaving {
      record.isLeaving = true
      // The connection of checks by URL.
      if record.probe == nil { record.client = nil }
      place(record)
    }
    for record in records {
      place(record)
      plan(record)
    }
  }

  private func place(_ record: HealthRecord) {
    guard let service = record.service else { return }
    while byIndex.count <= service.index { byIndex.append(nil) }
    byIndex[service.index] = record
  }

  /// Whether its number still means the service.
  private func isKnown(_ record: HealthRecord) -> Bool {
    if let service = record.service { return gateway.process(service.index) === service }
    return gateway.slots[rest: record.index] === record.api
  }

  private func newRecord(_ service: Service?, _ api: RESTService?) -> HealthRecord {
    nextID += 1
    let name = service?.name ?? api?.name ?? ""
    return HealthRecord(
      nextID, service, api, named: name, health: ServiceHealth(HealthRules(), at: EventLoop.now),
      counts: metrics.service(name))
  }

  private func plan(_ record: HealthRecord) {
    let wanted = record.manifest.health
    record.health.rules = HealthRules(
      degradedOver: wanted.degradedOver, failures: settings.health.failures)
    let every = record.check == nil ? .zero : wanted.every
    guard schedule.interval(of: record.id) ?? .zero != every else { return }
    schedule.remove(record.id)
    schedule.add(record.id, every: every, at: EventLoop.now, random: .random(in: 0..<1))
  }

  /// On the way of every call: a place in an array for a process, a search for an API.
  func record(at index: Int) -> HealthRecord? {
    if index >= 0, index < byIndex.count, let record = byIndex[index] { return record }
    return records.first { $0.service == nil && $0.index == index }
      ?? leaving.first { $0.service == nil && $0.index == index }
  }

  // MARK: Changes

  func changed(_ record: HealthRecord, _ change: HealthChange, at now: Instant) {
    // Calls of a group go to others first.
    record.service?.isDegraded = change.to == .degraded
    record.api?.isDegraded = change.to == .degraded
    let isQuiet = change.to == .asleep || change.from == .asleep && change.to == .up
    gateway.log(
      isQuiet ? .debug : change.to == .up ? .info : .warning, "health.changed",
      [
        "service": record.name, "from": change.from.rawValue, "to": change.to.rawValue,
        "reason": change.reason.rawValue,
      ])
    if !isQuiet || change.to == .up && endsIll(historyOf: record) {
      note(.state, change.to.rawValue, change.reason.rawValue, of: record)
    }
    if change.reason == .garbage { waitsForTime = true }
    book.noted(record.id, change.to, change.reason, at: now)
    setTimer()
  }

  func reasonChanged(_ record: HealthRecord, at now: Instant) {
    book.noted(record.id, record.health.state, record.health.reason, at: now)
    setTimer()
  }

  /// Whether the newest state that any gateway noted of the service is a bad one. Asked once for
  /// each start of a process.
  private func endsIll(historyOf record: HealthRecord) -> Bool {
    guard settings.health.history > 0, let store = gateway.surroundings.store else { return false }
    return store.newestStates(of: record.name).contains { $0.isIll }
  }

  private func note(
    _ kind: HealthEntry.Kind, _ word: String, _ detail: String, of record: HealthRecord
  ) {
    let limit = settings.health.history
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
    for id in due.overdue { records.first { $0.id == id }?.probe?.overdue() }
    for id in due.checks {
      let hasBegun = records.first { $0.id == id }.map { beginCheck(of: $0) }
      if hasBegun != true { schedule.ended(id) }
    }
    if waitsForTime { passTime(to: now) }
    for event in book.advance(to: now) {
      if let record = records.first(where: { $0.id == event.service }) { tell(event, of: record) }
    }
    setTimer()
  }

  private func passTime(to now: Instant) {
    for record in records {
      if let change = record.health.advanced(to: now) { changed(record, change, at: now) }
    }
    waitsForTime = records.contains { $0.health.reason == .garbage }
  }

  private func tell(_ event: AlertEvent, of record: HealthRecord) {
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
    schedule.ended(record.id)
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
    self.init(
      degraded: AlertLevel(rawValue: alerts.degraded.rawValue),
      down: AlertLevel(rawValue: alerts.down.rawValue),
      flapping: AlertLevel(rawValue: alerts.flapping.rawValue),
      after: alerts.after, clearAfter: alerts.clearAfter, cooldown: alerts.cooldown)
  }
}
