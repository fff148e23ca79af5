import Health
import Loop
import MCP
import Resilience
import Telemetry

/// What is observed of services: calls that end, phases of processes, garbage.
extension HealthWatch {
  /// On the way of every call.
  func observed(_ observation: Observation) {
    guard let record = record(at: observation.service) else { return }
    count(observation, of: record)
    guard !record.isLeaving else { return }
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
    let end = observation.outcome
    record.counts.record(end, nanoseconds: observation.duration)
    record.counts.add(UInt64(max(0, observation.bytesIn)), to: .bytesSent)
    record.counts.add(UInt64(max(0, observation.bytesOut)), to: .bytesReceived)
    if observation.attempt > 1 {
      record.counts.add(to: .retries)
    } else if observation.wasMissed {
      record.counts.add(to: .cacheMisses)
    }
    if end == .refused { record.counts.add(to: .refused) }
    if end == .fromCache { record.counts.add(to: .cacheHits) }
    if let entry = observation.entry, observation.method == .toolsCall {
      let figures =
        entry.members.isEmpty
        ? statistics(of: entry, record)
        : statistics(of: entry, record, member: observation.service)
      figures.record(end, nanoseconds: observation.duration)
    }
    if let export, export.wantsSpans { export.observed(observation, record) }
  }

  private func statistics(of entry: Catalogue.Entry, _ record: HealthRecord) -> ToolStatistics {
    if let known = entry.statistics { return known }
    let statistics = newStatistics(of: entry, record)
    entry.statistics = statistics
    return statistics
  }

  private func statistics(
    of entry: Catalogue.Entry, _ record: HealthRecord, member service: Int
  ) -> ToolStatistics {
    for known in entry.memberStatistics where known.service == service { return known.figures }
    let statistics = newStatistics(of: entry, record)
    entry.memberStatistics.append((service, statistics))
    return statistics
  }

  private func newStatistics(of entry: Catalogue.Entry, _ record: HealthRecord) -> ToolStatistics {
    metrics.tool(String(decoding: entry.publicName, as: UTF8.self), of: record.name)
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

  /// Nil for a second process of a service, and for one that is not served.
  private func record(of service: Service) -> HealthRecord? {
    guard service.index < byIndex.count, let record = byIndex[service.index],
      record.service === service, !record.isLeaving
    else { return nil }
    return record
  }

  func became(
    _ presence: ServiceHealth.Presence, _ record: HealthRecord, at now: Instant
  ) {
    let reason = record.health.reason
    if let change = record.health.became(presence, at: now) {
      changed(record, change, at: now)
    } else if record.health.reason != reason {
      // Down for another reason, such as flapping, may be another alert.
      reasonChanged(record, at: now)
    }
  }
}
