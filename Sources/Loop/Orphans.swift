import CSpawn
import Glibc
import Synchronization

/// Processes that became our children because their parent ended: what a
/// service left behind when it daemonised something.
///
/// What descends from a child that has ended is killed; what descends from one
/// that runs is left alone; what erased its lineage is killed when every child that ran when it
/// was first seen has ended. All of them are reaped.
@EventLoop
package enum Orphans {
  package struct Adopted: Hashable, Sendable {
    package var pid: Int32
    /// `Child.number` of the child it descends from; nil when it does not tell.
    package var child: UInt64?
  }

  private nonisolated static let isParent = Atomic<Bool>(false)
  private static var ends: SignalWatch?
  /// The newest child there was when an orphan without lineage was first seen.
  private static var unattributed: [Int32: UInt64] = [:]
  /// Killed, but not yet reaped.
  private static var ending: Set<Int32> = []

  /// Called for each orphan that is killed, so that it can be reported (row B15).
  package static var onKill: (@EventLoop (Adopted) -> Void)?

  nonisolated static func becomeParentOfOrphans() {
    guard cspawn_become_subreaper() == 0 else { return }
    isParent.store(true, ordering: .relaxed)
  }

  /// Reaps and sweeps whenever a child ends, if this process is the parent of its orphans.
  static func watchForEnds() {
    guard isParent.load(ordering: .relaxed), ends == nil else { return }
    ends = SignalWatch(SIGCHLD) { sweepSoon() }
  }

  /// The living children of this process that it did not start.
  package static func adopted() -> [Adopted] {
    ProcessFile.ownChildren().compactMap { pid in
      guard Child.running[pid] == nil, pid != ProcessGuard.pid, !ProcessFile.isZombie(pid)
      else { return nil }
      let environment = ProcessFile.read("/proc/\(pid)/environ") ?? []
      return Adopted(pid: pid, child: Lineage.child(inEnvironment: environment))
    }
  }

  /// Reaps what has ended, delivers exits of our own children, and kills the
  /// orphans of children that have ended. What these leave behind comes back
  /// here with the signal for their end.
  package static func sweep() {
    guard isParent.load(ordering: .relaxed) else { return }
    reapEnded()
    let orphans = adopted()
    let pids = Set(orphans.map(\.pid))
    unattributed = unattributed.filter { pids.contains($0.key) }
    ending.formIntersection(pids)
    for orphan in orphans where isForsaken(orphan) { end(orphan) }
  }

  /// The same, a moment later and once for all who ask meanwhile: a look at all processes takes as
  /// long as a call, and the calls of a child that has ended go elsewhere first.
  package static func sweepSoon() {
    let timer = soon ?? LoopTimer { sweep() }
    soon = timer
    if !timer.isActive { timer.start(after: moment) }
  }

  private static var soon: LoopTimer?
  private static let moment = Duration.milliseconds(1)

  /// Kills every orphan, whoever left it. For the end of the gateway.
  package static func killAll() {
    guard isParent.load(ordering: .relaxed) else { return }
    for orphan in adopted() { end(orphan) }
    reapEnded()
  }

  private static func end(_ orphan: Adopted) {
    guard ending.insert(orphan.pid).inserted else { return }
    // A child of ours keeps its number until we reap it, so this is still the one we looked at.
    kill(orphan.pid, SIGKILL)
    onKill?(orphan)
  }

  private static func isForsaken(_ orphan: Adopted) -> Bool {
    if let number = orphan.child {
      return !Child.running.values.contains { $0.number == number }
    }
    let newest = unattributed[orphan.pid] ?? Child.newestNumber
    unattributed[orphan.pid] = newest
    return !Child.running.values.contains { $0.number <= newest }
  }

  private static func reapEnded() {
    while true {
      let pid = cspawn_any_ended()
      guard pid > 0 else { return }
      if let child = Child.running[pid] {
        child.checkExit()
      } else if pid == ProcessGuard.pid {
        ProcessGuard.checkExit()
      } else {
        ending.remove(pid)
        cspawn_reap(pid)
      }
    }
  }
}
