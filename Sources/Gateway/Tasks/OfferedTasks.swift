import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// The tasks that the gateway itself has made of calls (`tools.tasks` of manifests).
///
/// Bounded: so many tasks, each forgotten some time after its creation, and so many bytes of
/// results. They end with the gateway. Their ids hold 128 random bits and begin like no id of a
/// task of several services.
@EventLoop
final class OfferedTasks {
  let limits: GatewayConfiguration.Tasks
  private unowned let session: ClientSession
  /// Called when a task has another status.
  private let told: @EventLoop (OfferedTask) -> Void
  private var lot: ParkingLot<OfferedTask>
  private var kept = 0
  /// Calls that become tasks if they are not answered by then; all wait equally long.
  private var offers: [(call: any TaskWork, due: Instant)] = []
  /// So many of them are looked through for those that were answered meanwhile.
  private var crowd = 1_024
  private var offerTimer: LoopTimer?
  private var expiryTimer: LoopTimer?

  init(
    of session: ClientSession, _ limits: GatewayConfiguration.Tasks,
    told: @escaping @EventLoop (OfferedTask) -> Void
  ) {
    self.session = session
    self.limits = limits
    self.told = told
    lot = ParkingLot(limit: limits.count)
  }

  var hasRoom: Bool { lot.hasRoom }
  /// Every task, in the order of their ids, which says nothing.
  var all: [OfferedTask] { lot.entries.sorted { $0.id.lexicographicallyPrecedes($1.id) } }

  func task(_ id: [UInt8]) -> OfferedTask? { lot.entry(id, at: EventLoop.now) }

  /// Makes a task of `work`.
  ///
  /// - Parameter time: what the client asks for, in milliseconds; never longer than `keep`.
  /// - Returns: nil if there are too many.
  func make(of work: any TaskWork, era: Era, keptFor time: Int64?) -> OfferedTask? {
    let longest = Int64(clamping: limits.keep.inMilliseconds)
    let time = min(max(1, time ?? longest), longest)
    let id = Array("switchyard-".utf8) + Call.randomText()
    let task = OfferedTask(
      TaskDescription(id: id, keptFor: time, at: Log.timestamp()), of: work, era: era, in: self)
    let until = EventLoop.now + .milliseconds(time)
    guard lot.park(task, under: id, until: until) else { return nil }
    let timer = expiryTimer ?? LoopTimer { [unowned self] in expire() }
    expiryTimer = timer
    if lot.nextExpiry == until || !timer.isActive { timer.start(at: lot.nextExpiry ?? until) }
    return task
  }

  func hasRoom(for bytes: Int) -> Bool { kept + bytes <= limits.results }
  func keeps(_ bytes: Int) { kept += bytes }
  func changed(_ task: OfferedTask) { told(task) }

  private func expire() {
    for task in lot.takeExpired(at: EventLoop.now) { drop(task) }
    if let next = lot.nextExpiry { expiryTimer?.start(at: next) }
  }

  private func drop(_ task: OfferedTask) {
    task.cancel()
    kept -= task.keptBytes
  }

  /// The gateway ends, and every task with it.
  func endAll() {
    offers = []
    for task in lot.entries { task.cancel() }
  }

  // MARK: Calls that may become tasks

  /// Makes a task of `call` if it takes long.
  func offerLater(_ call: any TaskWork) {
    let due = EventLoop.turnTime + limits.after
    if offers.count >= crowd {
      offers.removeAll { $0.call.isDone }
      crowd = max(1_024, offers.count * 2)
    }
    offers.append((call, due))
    let timer = offerTimer ?? LoopTimer { [unowned self] in offerNow() }
    offerTimer = timer
    if !timer.isActive { timer.start(at: due) }
  }

  private func offerNow() {
    let now = EventLoop.now
    let count = offers.prefix { $0.due <= now }.count
    let calls = offers.prefix(count).map(\.call)
    offers.removeFirst(count)
    for call in calls { call.becomeTask(in: self, keptFor: nil) }
    // Those that were answered need no timer.
    offers.removeAll { $0.call.isDone }
    if let next = offers.first { offerTimer?.start(at: next.due) }
  }
}
