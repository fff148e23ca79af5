import CUV
import Glibc
import Synchronization

/// Runs Swift's jobs on the thread that runs the loop.
///
/// `@unchecked Sendable`: `local`, `ending` and the handles are touched by the
/// loop's thread only, which every entrance checks; the rest is atomic or locked.
package final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  let loop: UnsafeMutablePointer<uv_loop_t>
  /// The same for what looks at it for each message: it begins as a constant, so no access asks
  /// whether it has been made. Written once, before the loop runs.
  nonisolated(unsafe) static var current: UnsafeMutablePointer<uv_loop_t>?
  private let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
  private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
  private let spin = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
  private let thread = Atomic<UInt>(0)
  private let isStopping = Atomic<Bool>(false)
  private let remote = Mutex<[UnownedJob]>([])
  @exclusivity(unchecked) private var local: [UnownedJob] = []
  @exclusivity(unchecked) private var running: [UnownedJob] = []
  /// Each holds a reference of its own, given back after its turn.
  @exclusivity(unchecked) private var ending: [Unmanaged<EndOfTurnWork>] = []
  @exclusivity(unchecked) private var endingNow: [Unmanaged<EndOfTurnWork>] = []
  @exclusivity(unchecked) private var isSpinning = false

  /// Rounds of jobs and end-of-turn work before descriptors and timers get
  /// their turn, so that work which always makes more work starves nobody.
  private static let roundsPerTurn = 64

  /// What libuv opens for a loop: it ends the process where it cannot have a pipe.
  private static let descriptors = 6

  init() {
    guard DescriptorTable.hasSpare(Self.descriptors) else {
      refuseToStart("cannot create an event loop")
    }
    guard let loop = uv_default_loop() else { refuseToStart("cannot create an event loop") }
    self.loop = loop
    Self.current = loop
    guard uv_async_init(loop, wake, { _ in EventLoop.executor.takeRemoteJobs() }) == 0,
      uv_prepare_init(loop, prepare) == 0,
      uv_prepare_start(prepare, turnEnds) == 0,
      uv_idle_init(loop, spin) == 0
    else { refuseToStart("cannot prepare the event loop") }
    prepare.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  // MARK: Jobs

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnLoop {
      local.append(job)
    } else {
      remote.withLock { $0.append(job) }
      uv_async_send(wake)
    }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

  package func checkIsolated() {
    precondition(isOnLoop, "this runs on the event loop's thread only")
  }

  var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  // MARK: Running

  func run(_ setup: @EventLoop () -> Void) {
    let (bound, _) = thread.compareExchange(
      expected: 0, desired: UInt(pthread_self()), ordering: .acquiringAndReleasing)
    precondition(bound, "the event loop is already running")
    EventLoop.onLoop(setup)
    while !isStopping.load(ordering: .acquiring) { uv_run(loop, UV_RUN_DEFAULT) }
    isStopping.store(false, ordering: .releasing)
    thread.store(0, ordering: .releasing)
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    if isOnLoop { uv_stop(loop) } else { uv_async_send(wake) }
  }

  func atEndOfTurn(_ work: EndOfTurnWork) {
    ending.append(Unmanaged.passRetained(work))
  }

  private func takeRemoteJobs() {
    if isStopping.load(ordering: .acquiring) { uv_stop(loop) }
    remote.withLock { jobs in
      local.append(contentsOf: jobs)
      jobs.removeAll(keepingCapacity: true)
    }
  }

  /// Runs in `uv_prepare`, right before the wait.
  fileprivate func finishTurn() {
    guard !(local.isEmpty && ending.isEmpty) else { return setSpinning(false) }
    var rounds = 0
    while !(local.isEmpty && ending.isEmpty) && rounds < Self.roundsPerTurn {
      runJobs()
      if local.isEmpty { endTurn() }
      rounds += 1
    }
    setSpinning(!(local.isEmpty && ending.isEmpty))
  }

  private func runJobs() {
    guard !local.isEmpty else { return }
    swap(&local, &running)
    for job in running {
      job.runSynchronously(
        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
    running.removeAll(keepingCapacity: true)
  }

  private func endTurn() {
    guard !ending.isEmpty else { return }
    swap(&ending, &endingNow)
    for index in endingNow.indices { enterLoop(turnEnded, endingNow[index].toOpaque()) }
    endingNow.removeAll(keepingCapacity: true)
  }

  /// While the idle handle is active, libuv polls without waiting.
  private func setSpinning(_ spinning: Bool) {
    guard spinning != isSpinning else { return }
    isSpinning = spinning
    if spinning { uv_idle_start(spin) { _ in } } else { uv_idle_stop(spin) }
  }
}

/// In `uv_prepare`: right before the wait. The executor lives as long as the process.
private func turnEnds(_ handle: UnsafeMutablePointer<uv_prepare_t>?) {
  withOwner(LoopExecutor.self, handle?.pointee.data) { $0.finishTurn() }
}

@EventLoop
private func turnEnded(_ work: UnsafeMutableRawPointer?, _: Int32) {
  guard let work else { return }
  Unmanaged<EndOfTurnWork>.fromOpaque(work).takeRetainedValue().turnEnded()
}

/// Says why on stderr and ends the process with EX_OSERR. Only for what makes
/// a start impossible.
func refuseToStart(_ reason: String) -> Never {
  let text = "switchyard: \(reason): \(String(cString: strerror(errno)))\n"
  _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
  exit(71)
}
