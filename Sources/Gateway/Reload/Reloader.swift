import Loop
import Manifest
import RawJSON
import Resilience
import Telemetry

/// Takes over what the folder of the configuration says while the gateway runs.
///
/// ```
///   folder changes ─▶ ReloadPace ─▶ read aside, on a thread of its own ─▶ ConfigurationDifference
///   SIGHUP, a command ─────────────▶                                          │ what has changed
///                                                              Gateway.adopt ◀┘ and nothing else
/// ```
///
/// A configuration that cannot be used changes nothing (rows M13, M16). Where the system gives out
/// no more watches, the files are looked at every two seconds (row M20).
@EventLoop
final class Reloader {
  /// How a reading ended, for those who asked for it.
  typealias Answer = @EventLoop (ConfigurationDifference) -> Void

  static let pollTime = Duration.seconds(2)
  /// Folders that are watched at the same time; more are polled.
  static let watchLimit = 64
  /// Readings in a row that were overtaken by writers; then what has been read counts.
  private static let tornLimit = 5
  private static let stack = 4 << 20

  private unowned let gateway: Gateway
  private var pace = ReloadPace()
  private var timer: LoopTimer?
  private var pollTimer: LoopTimer?
  private var watches: [FolderWatch] = []
  private var stamp: ConfigurationStamp?
  private var torn = 0
  private var hasDoubted = false
  private var waiting: [Answer] = []
  /// Since when the folder says something that cannot be used, and what.
  private(set) var trouble: (since: Instant, why: String)?
  /// How often something was taken over.
  private(set) var count = 0
  private var isBegun = false

  init(_ gateway: Gateway) { self.gateway = gateway }

  /// Watches the folder from now on.
  func begin() {
    guard !isBegun else { return }
    isBegun = true
    stamp = currentStamp()
    watch()
  }

  /// Reads the folder now, whether anything has changed or not.
  func reload(_ answer: @escaping Answer) {
    waiting.append(answer)
    hasDoubted = true
    if !pace.isReading { read() } else { pace.noticed(at: EventLoop.now) }
  }

  /// Reads the folder and says what a reload would do.
  func compare(_ answer: @escaping Answer) {
    let running = gateway.configuration
    let read = reading
    OffLoop.run(
      stack: Self.stack, fallback: ConfigurationDifference(from: running, to: running),
      work: { ConfigurationDifference(from: running, to: read()) }, completion: answer)
  }

  // MARK: Watching

  private func currentStamp() -> ConfigurationStamp {
    ConfigurationStamp(
      of: gateway.surroundings.folder, others: gateway.configuration.services.map(\.file))
  }

  /// Follows what the paths mean now: folders and links may have been exchanged.
  private func watch() {
    guard isBegun, let stamp else { return }
    watches.removeAll()
    pollTimer?.stop()
    do throws(SystemError) {
      guard stamp.folders.count <= Self.watchLimit else { throw SystemError(code: 0) }
      for folder in stamp.folders.sorted() {
        watches.append(try FolderWatch(folder) { [unowned self] in noticed() })
      }
      if watches.isEmpty { poll(.info, why: "there is no folder") }
    } catch {
      watches.removeAll()
      poll(.warning, why: error.code == 0 ? "there are too many folders" : "\(error)")
    }
  }

  private func poll(_ level: Telemetry.LogLevel, why: String) {
    let isNew = pollTimer == nil
    let timer = pollTimer ?? LoopTimer { [unowned self] in look() }
    pollTimer = timer
    timer.start(after: Self.pollTime, every: Self.pollTime)
    if isNew { gateway.log(level, "config.polled", ["why": why]) }
  }

  private func look() {
    if currentStamp() != stamp { noticed() }
  }

  private func noticed() {
    pace.noticed(at: EventLoop.now)
    schedule()
  }

  private func schedule() {
    guard let due = pace.due else { return }
    let timer = timer ?? LoopTimer { [unowned self] in timeElapsed() }
    self.timer = timer
    timer.start(at: due)
  }

  private func timeElapsed() {
    guard let due = pace.due else { return }
    guard EventLoop.now >= due else { return schedule() }
    // What an editor writes beside the files is no reason to read them.
    let now = currentStamp()
    guard now != stamp else {
      pace.began()
      pace.ended(isTorn: false, at: EventLoop.now)
      hasDoubted = false
      return watchAnew(now)
    }
    read()
  }

  private func watchAnew(_ stamp: ConfigurationStamp) {
    let isMoved = self.stamp?.folders != stamp.folders || pollTimer?.isActive == true
    self.stamp = stamp
    // A folder that was exchanged keeps its path, so a change of any kind is followed.
    if isMoved || !watches.isEmpty { watch() }
  }

  // MARK: Reading

  private var reading: @Sendable () -> Configuration {
    let manifests = gateway.surroundings.folder + "/manifests/"
    let hasManifests = gateway.configuration.services.contains { $0.file.hasPrefix(manifests) }
    let read = gateway.surroundings.read
    return { read(hasManifests) }
  }

  private func read() {
    pace.began()
    timer?.stop()
    let before = currentStamp()
    let folder = gateway.surroundings.folder
    let others = gateway.configuration.services.map(\.file)
    let running = gateway.configuration
    let read = reading
    OffLoop.run(
      stack: Self.stack, fallback: nil,
      work: { () -> Reading? in
        let difference = ConfigurationDifference(from: running, to: read())
        return Reading(
          difference: difference,
          isTorn: ConfigurationStamp(of: folder, others: others) != before)
      },
      completion: { [unowned self] reading in wasRead(reading, before) })
  }

  private struct Reading: Sendable {
    var difference: ConfigurationDifference
    var isTorn: Bool
  }

  private func wasRead(_ reading: Reading?, _ stamp: ConfigurationStamp) {
    let now = EventLoop.now
    guard let reading, gateway.ending == nil else {
      pace.ended(isTorn: reading == nil, at: now)
      return schedule()
    }
    let isTorn = reading.isTorn && torn < Self.tornLimit
    torn = isTorn ? torn + 1 : 0
    pace.ended(isTorn: isTorn, at: now)
    watchAnew(stamp)
    guard !isTorn else { return schedule() }
    if !hasDoubted, reading.difference.services.contains(where: { $0.kind == .removed }) {
      hasDoubted = true
      // Not what is there now, so that it is read again.
      self.stamp = nil
      pace.doubt(at: now)
      return schedule()
    }
    hasDoubted = false
    take(reading.difference)
    schedule()
  }

  private func take(_ difference: ConfigurationDifference) {
    note(difference)
    if difference.isUsable, !difference.isEmpty {
      count += 1
      gateway.adopt(difference)
    }
    let answers = waiting
    waiting.removeAll()
    for answer in answers { answer(difference) }
  }

  /// One line for each mistake that is new, and the state for `status`.
  private func note(_ difference: ConfigurationDifference) {
    for problem in difference.problems {
      gateway.log(
        problem.severity == .error ? .error : .warning, "config.problem",
        ["problem": problem.description])
    }
    let kept = difference.services.lazy.compactMap { change -> String? in
      if case .kept(let why) = change.kind { why } else { nil }
    }
    let why =
      difference.isUsable
      ? kept.first : difference.problems.first?.description ?? "the configuration cannot be used"
    guard let why else {
      trouble = nil
      return
    }
    if trouble == nil { trouble = (EventLoop.now, why) } else { trouble?.why = why }
    gateway.log(
      .error, "config.kept", ["why": why, "next": "the configuration from before goes on"])
  }
}
