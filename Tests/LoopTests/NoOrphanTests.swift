import Glibc
import LoopTesting
import Resilience
import Testing

@testable import Loop

/// Each test ends a process that plays the gateway and looks for what it left.
@Suite(.serialized)
struct NoOrphanTests {
  /// Ways in which a service keeps something alive that nobody asked for.
  static let hideouts = [
    "sleep 9999.@", "sleep 9999.@ & wait", "setsid sleep 9999.@ & wait",
    "(setsid sh -c 'sleep 9999.@ & sleep 9999.@' &); sleep 9999.@",
    "trap '' TERM HUP INT; sleep 9999.@ & sleep 9999.@; wait",
    "env -i sleep 9999.@ & exec 0<&-; wait",
    "nohup sh -c 'nohup setsid sleep 9999.@ & sleep 9999.@' >/dev/null 2>&1 & wait",
  ]

  @Test(arguments: [SIGKILL, SIGSEGV, SIGILL])
  func `R14, R15: nothing is left of 50 services after the gateway was killed`(
    signal: Int32
  ) async throws {
    let mark = "\(UInt32.random(in: 1...(.max)))7"
    await #expect(processExitsWith: .signal(signal)) {
      [mark = mark as String, signal = signal as Int32] in
      LoopThread.start()
      try await NoOrphanTests.crowd(50, mark)
      Glibc.signal(signal, SIG_DFL)
      raise(signal)
    }
    try await expectNone(mark)
  }

  @Test
  func `R16: nothing is left when the gateway ends because its client died`() async throws {
    let mark = "\(UInt32.random(in: 1...(.max)))8"
    await #expect(processExitsWith: .success) { [mark = mark as String] in
      LoopThread.start()
      try await NoOrphanTests.crowd(7, mark)
      _exit(0)
    }
    try await expectNone(mark)
  }

  @Test
  func `R18: a gateway killed in the middle of a spawn leaves nothing`() async throws {
    let mark = "\(UInt32.random(in: 1...(.max)))9"
    for delay in stride(from: 0, to: 2000, by: 200) {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [mark = mark as String, delay = delay as Int] in
        LoopThread.start()
        await NoOrphanTests.killWhileSpawning(mark, after: useconds_t(delay))
      }
    }
    try await expectNone(mark)
  }

  @Test
  func `a guard that was killed is replaced`() async throws {
    let mark = "\(UInt32.random(in: 1...(.max)))6"
    await #expect(processExitsWith: .signal(SIGKILL)) { [mark = mark as String] in
      EventLoop.prepareProcess()
      LoopThread.start()
      try await NoOrphanTests.crowd(7, mark)
      let isReplaced = await NoOrphanTests.replaceGuard()
      #expect(isReplaced)
      raise(SIGKILL)
    }
    try await expectNone(mark)
  }

  @Test
  func `R14: a child dies with the gateway although the guard died before`() async throws {
    let mark = "\(UInt32.random(in: 1...(.max)))5"
    await #expect(processExitsWith: .signal(SIGKILL)) { [mark = mark as String] in
      LoopThread.start()
      try await NoOrphanTests.dieWithGuard(mark)
    }
    try await expectNone(mark)
  }

  @EventLoop
  static func dieWithGuard(_ mark: String) async throws {
    for _ in 0..<5 { _ = try Child.spawn(shell(marked("exec sleep 9999.@", mark))) { _ in } }
    let isThere = await eventually { processes(markedBy: mark).count >= 5 }
    #expect(isThere)
    // In one turn: there is no time to replace it.
    kill(ProcessGuard.pid, SIGKILL)
    raise(SIGKILL)
  }

  static func marked(_ script: String, _ mark: String) -> String {
    script.split(separator: "@", omittingEmptySubsequences: false).joined(separator: mark)
  }

  @EventLoop
  static func crowd(_ count: Int, _ mark: String) async throws {
    for index in 0..<count {
      let script = marked(hideouts[index % hideouts.count], mark)
      let child = try Child.spawn(shell(script + "\n:", ["MARK=\(mark)"])) { _ in }
      _ = child.pid
    }
    // Each of them runs at least a shell and a sleep.
    let isThere = await eventually { processes(markedBy: mark).count >= count * 2 }
    #expect(isThere)
  }

  @EventLoop
  static func replaceGuard() async -> Bool {
    let first = ProcessGuard.pid
    kill(first, SIGKILL)
    return await eventually { ProcessGuard.pid != 0 && ProcessGuard.pid != first }
  }

  @EventLoop
  static func killWhileSpawning(_ mark: String, after delay: useconds_t) async {
    startKiller(after: delay)
    let script = marked(hideouts[3], mark)
    while true { _ = try? Child.spawn(shell(script, ["MARK=\(mark)"])) { _ in } }
  }

  private static func startKiller(after delay: useconds_t) {
    var killer = pthread_t()
    pthread_create(
      &killer, nil,
      { delay in
        usleep(useconds_t(UInt(bitPattern: delay)))
        kill(getpid(), SIGKILL)
        return nil
      }, UnsafeMutableRawPointer(bitPattern: UInt(delay) + 1))
  }

  private func expectNone(_ mark: String) async throws {
    // How soon they are gone, the end-to-end tests of rows R14 to R16 prove.
    let deadline = ContinuousClock.now + .seconds(30)
    while !processes(markedBy: mark).isEmpty && ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    let left = processes(markedBy: mark)
    #expect(left.isEmpty)
    for pid in left { kill(pid, SIGKILL) }
  }
}
