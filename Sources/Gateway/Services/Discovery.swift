import Backend
import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// Asks one service for everything it offers: each list it declares, page by page.
///
/// Bounded in time (from the service's own start), in pages and in items; a
/// cursor that comes again ends the list (row B29). A list that cannot be read
/// stays what it was and leaves the others in place; a service that says so of its
/// tools, of which none were known, is asked again.
@EventLoop
final class Discovery: ServiceRequest {
  /// Limits of reliability 2.4.
  static let pagesPerList = 100
  static let itemsPerList = 2_000
  /// Entries of a page whose reasons for being left out are told one by one.
  static let reasonsPerPage = 20

  enum Outcome {
    /// With the least time for which the service says that its lists may be kept, if it does, and
    /// why its tools are not there, if they could not be read.
    case found(Offer, lifetime: Duration?, lack: BackendFailure?)
    case failed(BackendFailure)
  }

  private unowned let service: Service
  private let log: Log
  private let time: Duration
  private var finish: (@EventLoop (Outcome) -> Void)?
  private var offer: Offer?
  private var lifetime: Duration?
  private var lack: BackendFailure?
  private var backend: ServiceBackend?
  private var kinds: ArraySlice<Offer.Kind> = []
  private var cursors: Set<[UInt8]> = []
  /// The names of the list so far.
  private var names: Set<[UInt8]> = []
  private var pages = 0
  private var timer: LoopTimer?

  init(
    of service: Service, time: Duration, log: Log, finish: @escaping @EventLoop (Outcome) -> Void
  ) {
    self.service = service
    self.time = time
    self.log = log
    self.finish = finish
  }

  func send(on backend: ServiceBackend) {
    guard let introduction = backend.introduction else { return }
    let empty = Offer(introduction: introduction)
    offer = empty
    self.backend = backend
    kinds = Offer.Kind.allCases.filter { empty.declares($0.capability) }[...]
    limitTime()
    askNext()
  }

  func serviceStarted() { limitTime() }

  /// From the service's own start, or from now if it runs already.
  private func limitTime() {
    guard timer == nil, finish != nil else { return }
    let timer = LoopTimer { [weak self] in self?.timeElapsed() }
    timer.start(after: time)
    self.timer = timer
  }

  private func askNext(cursor: [UInt8]? = nil) {
    guard let backend, let kind = kinds.first else { return succeed() }
    let era = backend.revision.era
    backend.send(Messages.list(backend.nextID, kind.method, cursor: cursor, era: era), for: self)
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard let kind = kinds.first, finish != nil else { return }
    let bytes = line.bytes
    guard envelope.kind == .result else {
      // Some declare what they do not have.
      let isThere =
        JSON.integer(envelope.errorCode, in: bytes) != Int64(ErrorCode.methodNotFound.rawValue)
      let message = JSON.member("message", of: envelope.error, in: bytes)
      let said = JSON.string(message, in: bytes).map { Printable.text($0) } ?? "an error"
      return isThere ? cannotRead(kind, "answered with an error: \(said)") : nextKind()
    }
    let array = JSON.member(kind.member, of: envelope.result, in: bytes)
    if let time = Freshness.lifetime(said: envelope.ttlMs, in: bytes) {
      lifetime = min(lifetime ?? time, time)
    }
    var rejected: [String] = []
    var found = Offer.items(kind, of: array, in: bytes, rejected: &rejected)
    if kind == .tools { leaveOut(of: &found, rejected: &rejected) }
    add(found, to: kind, &rejected)
    for why in rejected.prefix(Self.reasonsPerPage) {
      log(.warning, "discovery.item_left_out", ["service": service.name, "why": why])
    }
    if rejected.count > Self.reasonsPerPage {
      let more = "and \(rejected.count - Self.reasonsPerPage) more"
      log(.warning, "discovery.item_left_out", ["service": service.name, "why": more])
    }
    let cursor = JSON.member("nextCursor", of: envelope.result, in: bytes)
    guard JSON.isString(cursor, in: bytes) else { return nextKind() }
    follow(JSON.copy(cursor, in: bytes), of: kind)
  }

  /// What cannot be called over the transport of its service.
  private func leaveOut(of tools: inout [Offer.Item], rejected: inout [String]) {
    tools.removeAll { tool in
      guard let why = backend?.complaint(aboutTool: tool.json) else { return false }
      rejected.append("the tool '\(Printable.text(tool.name, limit: 80))': \(why)")
      return true
    }
  }

  /// The first of those that have one name counts; beyond the limit there is no room.
  private func add(_ items: [Offer.Item], to kind: Offer.Kind, _ rejected: inout [String]) {
    var kept = offer?.items[kind] ?? []
    for item in items {
      guard kept.count < Self.itemsPerList else {
        cut(kind)
        break
      }
      guard names.insert(item.name).inserted else {
        let name = Printable.text(item.name, limit: 80)
        rejected.append("a second entry with the \(kind.key) \(name)")
        continue
      }
      kept.append(item)
    }
    offer?.items[kind] = kept
  }

  private func cut(_ kind: Offer.Kind) {
    log(
      .warning, "discovery.list_cut",
      [
        "service": service.name, "list": "\(kind.member)",
        "items": String(Self.itemsPerList),
      ])
  }

  private func follow(_ cursor: [UInt8], of kind: Offer.Kind) {
    pages += 1
    let count = offer?.items[kind]?.count ?? 0
    guard pages < Self.pagesPerList, count < Self.itemsPerList, cursors.insert(cursor).inserted
    else {
      cut(kind)
      return nextKind()
    }
    askNext(cursor: cursor)
  }

  private func nextKind() {
    kinds = kinds.dropFirst()
    cursors.removeAll()
    names.removeAll()
    pages = 0
    askNext()
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  func failed(_ failure: BackendFailure) {
    if failure.reason == .protocolError, finish != nil, let kind = kinds.first {
      return cannotRead(kind, "cannot be understood: \(failure.detail)")
    }
    end(.failed(failure))
  }

  /// What is known of the list stays.
  private func cannotRead(_ kind: Offer.Kind, _ why: String) {
    let detail = "\(kind.method.name) of service '\(service.name)' \(why)"
    log(.warning, "discovery.list_failed", ["service": service.name, "why": detail])
    if let known = service.offer?.items[kind], !known.isEmpty {
      offer?.items[kind] = known
    } else if kind == .tools {
      lack = BackendFailure(.unavailable, wasSent: false, detail: detail)
    }
    nextKind()
  }

  private func timeElapsed() {
    service.withdraw(self)
    let detail = "Service '\(service.name)' did not list what it offers within \(time)."
    end(.failed(BackendFailure(.lost, wasSent: true, detail: detail)))
  }

  private func succeed() {
    guard let offer else { return }
    end(.found(offer, lifetime: lifetime, lack: lack))
  }

  private func end(_ outcome: Outcome) {
    timer?.stop()
    timer = nil
    guard let finish else { return }
    self.finish = nil
    finish(outcome)
  }
}
