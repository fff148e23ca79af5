import Loop
import MCP
import Resilience

/// The client's requests in flight, each answered exactly once (promise I1).
///
/// An answer needs the entry of its id and takes it out; whoever comes second (a
/// reply after a cancel, a deadline after a reply) finds nothing and stays silent.
@EventLoop
final class RequestLedger {
  /// Called each time the last request in flight is done, at the end of the turn.
  var onIdle: (@EventLoop () -> Void)?
  /// Requests in flight; those that are keep their place when it is lowered (row M18).
  var limit: Int
  private var inFlight: [RequestID: any ClientRequest] = [:]
  private var sweepTimer: LoopTimer?
  private var nextSweep = Instant.distantFuture
  private var isSecondLook = false

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { inFlight.isEmpty }
  var count: Int { inFlight.count }
  var requests: [any ClientRequest] { Array(inFlight.values) }

  func contains(_ id: RequestID) -> Bool { inFlight[id] != nil }

  /// Takes out a request that the client has cancelled.
  func take(_ id: RequestID) -> (any ClientRequest)? {
    let request = inFlight.removeValue(forKey: id)
    if request != nil { tellIfIdle() }
    return request
  }

  /// Whether one more request may be in flight.
  var hasRoom: Bool { inFlight.count < limit }

  /// Files a request that is answered later.
  func open(_ id: RequestID, _ request: any ClientRequest) {
    inFlight[id] = request
    if request.deadline < nextSweep { scheduleSweep(at: request.deadline) }
  }

  /// The deadline of a request in flight has moved, perhaps to an earlier time.
  func noteDeadline(of request: any ClientRequest) {
    if request.deadline < nextSweep { scheduleSweep(at: request.deadline) }
  }

  /// Takes a request out; `false` means that it was cancelled or answered before.
  ///
  /// The caller writes the answer after this; whoever waits for the last one hears of it then.
  func close(_ id: RequestID) -> Bool {
    guard inFlight.removeValue(forKey: id) != nil else { return false }
    tellIfIdle()
    return true
  }

  private func tellIfIdle() {
    guard onIdle != nil, inFlight.isEmpty else { return }
    EventLoop.atEndOfTurn { [unowned self] in onIdle?() }
  }

  /// Answers everything in flight with an error; the gateway ends.
  func abandonAll() { for request in Array(inFlight.values) { request.abandoned() } }

  /// One timer for all deadlines: it is set to the earliest and looks at every
  /// request when it fires, which in a healthy gateway is about once a minute.
  private func scheduleSweep(at instant: Instant) {
    nextSweep = instant
    let timer = sweepTimer ?? LoopTimer { [unowned self] in sweep() }
    sweepTimer = timer
    timer.start(at: instant)
  }

  /// A sweep that comes so late was held up with everything else, and what has been answered
  /// meanwhile has not been read yet.
  private static let punctual = Duration.milliseconds(200)

  private func sweep() {
    let now = EventLoop.now
    let isLate = nextSweep < now && now - nextSweep > Self.punctual
    nextSweep = .distantFuture
    // After a halt of this process: once more, when what lies in the pipes has been read (row R13).
    if isLate, !isSecondLook {
      isSecondLook = true
      return scheduleSweep(at: now + .milliseconds(20))
    }
    isSecondLook = false
    for request in Array(inFlight.values) where request.deadline <= now {
      request.deadlineReached(at: now)
    }
    guard let earliest = inFlight.values.map(\.deadline).min() else { return }
    // Deadlines close to each other share a sweep; 250 ms is what promise I3 allows.
    scheduleSweep(at: max(earliest, now + .milliseconds(20)))
  }
}
