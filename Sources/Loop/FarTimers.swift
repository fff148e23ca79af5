import CUV
import Glibc
import Resilience

/// Timers that are due in a tenth of a second or later, behind one timerfd.
///
/// libuv passes the time to its next timer to every wait for descriptors, and the kernel then
/// starts and cancels a timer of its own for each message. The far timers of a gateway (idleness,
/// deadlines, checks) are always there and almost never due, so they wait behind a descriptor that is set
/// once: the wait itself has no limit then.
///
/// Removing a timer does not set the descriptor anew; it fires once for nothing.
@EventLoop
final class FarTimers {
  /// Timers nearer than this are libuv's.
  static let threshold = Duration.milliseconds(100)
  static let shared = FarTimers()

  private struct Entry {
    // It takes itself out when it ends; until then it may have to be told of another place, even
    // where its last reference is gone and it waits for its end on the loop.
    unowned(unsafe) let timer: LoopTimer
    let deadline: Instant
  }

  private let descriptor = timerfd_create(
    CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
  private var watch: Watch?
  /// In no order; each timer knows its place.
  private var entries: [Entry] = []
  private var armedFor = Instant.distantFuture

  private init() {
    guard descriptor >= 0 else { return }
    watch = try? Watch(descriptor: descriptor) { [unowned self] in fired() }
    watch?.start(.readable)
  }

  /// Answers false where no descriptor was to be had: the timer is libuv's then.
  func add(_ timer: LoopTimer, at deadline: Instant) -> Bool {
    guard watch != nil else { return false }
    timer.place = entries.count
    entries.append(Entry(timer: timer, deadline: deadline))
    if deadline < armedFor { arm(for: deadline) }
    return true
  }

  /// Takes out what is at `place`; the last one gets the place.
  func remove(at place: Int) {
    entries.swapAt(place, entries.count - 1)
    entries.removeLast()
    if place < entries.count { entries[place].timer.place = place }
  }

  private func arm(for deadline: Instant) {
    armedFor = deadline
    // From now on, and not at an instant, because what fakes the wall clock takes that for one of its
    // own; 0 would mean never.
    let left = max(1, deadline.nanoseconds &- EventLoop.now.nanoseconds)
    var time = itimerspec()
    time.it_value.tv_sec = Int(left / 1_000_000_000)
    time.it_value.tv_nsec = Int(left % 1_000_000_000)
    timerfd_settime(descriptor, 0, &time, nil)
  }

  private func fired() {
    var count: UInt64 = 0
    _ = Glibc.read(descriptor, &count, 8)
    let now = EventLoop.now
    armedFor = .distantFuture
    // One after the other: the action of one may release or stop the next.
    while let next = earliest, next.deadline <= now { next.timer.fire() }
    if let next = earliest, next.deadline < armedFor { arm(for: next.deadline) }
  }

  private var earliest: Entry? { entries.min { $0.deadline < $1.deadline } }
}
