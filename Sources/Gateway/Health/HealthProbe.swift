import Backend
import HTTP
import Health
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// One health check of a running service.
///
/// A process is asked past the queue of calls, and only while it has none: calls tell more than a
/// check. The request counts neither as being in flight nor as use, so that it keeps no service
/// awake. It is told to stop when its time is over.
@EventLoop
final class HealthProbe: Exchange {
  enum Outcome {
    case answered(Duration)
    /// Not in time, or with an answer that says that it does not work.
    case failed
    /// The process has ended meanwhile, or the question was the wrong one.
    case nothing
  }

  private let watch: HealthWatch
  private let record: HealthRecord
  private let began = EventLoop.now
  private let check: HealthCheck
  private let isPing: Bool
  private var sent: (backend: ServiceBackend, id: UInt64)?
  private var transfer: HTTPTransfer?

  /// Asks a process.
  init(
    _ watch: HealthWatch, _ record: HealthRecord, _ check: HealthCheck, on backend: ServiceBackend
  ) {
    self.watch = watch
    self.record = record
    self.check = check
    isPing = check == .ping && !record.ignoresPing
    let id = backend.nextID
    sent = (backend, id)
    backend.standing += 1
    backend.send(
      check.message(id, ignoresPing: record.ignoresPing, in: backend.revision.era), for: self)
  }

  /// Asks a URL.
  init(
    _ watch: HealthWatch, _ record: HealthRecord, _ target: String, on client: HTTPClient,
    for patience: Duration
  ) {
    self.watch = watch
    self.record = record
    check = .url(target)
    isPing = false
    let limits = HTTPLimits(
      connect: patience, idle: patience, total: patience, responseBytes: 1 << 20)
    let request = HTTPRequest(method: "GET", target: target, limits: limits)
    transfer = client.fetch(request) { [unowned self] outcome in
      transfer = nil
      end(Self.outcome(of: outcome, after: EventLoop.now - began))
    }
  }

  private static func outcome(
    of outcome: Result<HTTPResponse, HTTPError>, after time: Duration
  ) -> Outcome {
    guard case .success(let response) = outcome, response.head.status < 500 else { return .failed }
    return .answered(time)
  }

  // MARK: Exchange

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let isGood = check.isGood(line, envelope)
    // The backend tells next that it has room; that is no use of the service.
    record.service?.endedCheck = true
    if isPing { record.hasAnsweredPing = true }
    end(isGood ? .answered(EventLoop.now - began) : .failed)
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  func failed(_ failure: BackendFailure) {
    // That the process has ended is told by its phase.
    end(failure.reason == .protocolError ? .failed : .nothing)
  }

  /// Its time is over.
  func overdue() {
    guard let sent else {
      transfer?.cancel()
      transfer = nil
      return end(.failed)
    }
    self.sent = nil
    sent.backend.standing -= 1
    record.service?.endedCheck = true
    sent.backend.cancel(sent.id, reason: "no answer in time")
    record.service?.endedCheck = false
    if isPing, record.unanswered == 0, !record.hasAnsweredPing {
      // Some services ignore what they do not know: they are asked for their tools from now on.
      record.ignoresPing = true
      return end(.nothing)
    }
    record.unanswered += 1
    end(.failed)
    let limit = watch.gateway.configuration.gateway.health.failures
    if record.unanswered >= limit, sent.backend.inFlight == 0 {
      sent.backend.giveUp(
        "Service '\(record.name)' has not answered \(record.unanswered) health checks and was "
          + "ended.")
    }
  }

  private func end(_ outcome: Outcome) {
    if let sent { sent.backend.standing -= 1 }
    sent = nil
    watch.checkEnded(record, outcome)
  }
}

extension HealthCheck {
  /// What a process is asked. A URL says nothing about it: it is asked for a ping.
  ///
  /// - Parameter ignoresPing: it has left one unanswered, and is asked for its tools.
  func message(_ id: UInt64, ignoresPing: Bool, in era: Era) -> [UInt8] {
    switch self {
    case .ping, .url:
      if ignoresPing { return Messages.list(id, .toolsList, cursor: nil, era: era) }
      return era == .modern ? Messages.discover(id) : Messages.ping(id)
    case .discover: return Messages.discover(id)
    case .tools: return Messages.list(id, .toolsList, cursor: nil, era: era)
    case .tool(let name): return Messages.toolCall(id, name, era: era)
    }
  }

  /// Whether this answer shows that the service works; an error does, but not of a tool.
  func isGood(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    guard case .tool = self else { return true }
    return Resilience.Outcome(line, envelope) == .answered
  }
}

extension HealthWatch {
  /// Whether a check was begun: there is something to ask, and it has nothing else to do.
  func beginCheck(of record: HealthRecord) -> Bool {
    guard let check = record.check else { return false }
    if let service = record.service {
      guard case .ready(let backend) = service.phase, backend.isAccepting,
        backend.inFlight == 0, service.waiting.isEmpty
      else { return false }
      if case .url = check {
      } else {
        record.probe = HealthProbe(self, record, check, on: backend)
        return true
      }
    }
    guard case .url(let url) = check, let (client, target) = client(for: url, record) else {
      return false
    }
    let patience = gateway.configuration.gateway.health.timeout
    record.probe = HealthProbe(self, record, target, on: client, for: patience)
    return true
  }

  private func client(for url: String, _ record: HealthRecord) -> (HTTPClient, String)? {
    if let known = record.client, known.url.utf8.elementsEqual(url.utf8) {
      return (known.client, known.target)
    }
    guard let (client, target) = AlertDesk.client(for: url, gateway, connections: 1) else {
      return nil
    }
    record.client = (url, client, target)
    return (client, target)
  }
}
