import Glibc
import LoopTesting
import Testing

@testable import Loop

/// In processes of their own: being the parent of orphans changes the whole process.
@Suite(.serialized)
struct OrphansTests {
  @Test
  func `B15: what a service daemonised is found, killed and reported when the service ends`() async
  {
    await #expect(processExitsWith: .success) {
      EventLoop.prepareProcess()
      LoopThread.start()
      try await OrphansTests.daemonise()
    }
  }

  @EventLoop
  static func daemonise() async throws {
    var reported: [Orphans.Adopted] = []
    Orphans.onKill = { reported.append($0) }
    let run = try ChildRun(
      shell("(setsid sh -c 'echo $$; exec sleep 9999' >&3 &) 3>&1; exec 1>&-; read line"))
    let other = try ChildRun(shell("(setsid sh -c 'echo $$; exec sleep 9999' &); read line"))
    await run.output.wait(forBytes: 2)
    await other.output.wait(forBytes: 2)
    let hidden = try #require(Int32(run.output.text.dropLast()))
    let spared = try #require(Int32(other.output.text.dropLast()))
    let isAdopted = await eventually { Orphans.adopted().count == 2 }
    #expect(isAdopted)
    // While it executes another program it has no environment for a moment.
    let isKnown = await eventually {
      Orphans.adopted().contains { $0.pid == hidden && $0.child == run.child.number }
    }
    #expect(isKnown)
    Orphans.sweep()
    #expect(!isDead(hidden))
    run.input.close()
    await run.exited()
    let isGone = await eventually { ProcessFile.statusFields(hidden) == nil }
    #expect(isGone, "killed and reaped")
    #expect(reported == [Orphans.Adopted(pid: hidden, child: run.child.number)])
    #expect(!isDead(spared), "descends from a service that runs")
    Orphans.killAll()
    let isAllGone = await eventually { ProcessFile.statusFields(spared) == nil }
    #expect(isAllGone)
    other.child.signalGroup(SIGKILL)
    await other.exited()
  }

  @Test
  func `B15: what erased its lineage is killed when the services that ran with it have ended`()
    async
  {
    await #expect(processExitsWith: .success) {
      EventLoop.prepareProcess()
      LoopThread.start()
      try await OrphansTests.erase()
    }
  }

  @EventLoop
  static func erase() async throws {
    let first = try ChildRun(shell("(env -i setsid sh -c 'echo $$; exec sleep 9999' &); read line"))
    await first.output.wait(forBytes: 2)
    let hidden = try #require(Int32(first.output.text.dropLast()))
    let isAdopted = await eventually { Orphans.adopted() == [.init(pid: hidden, child: nil)] }
    #expect(isAdopted)
    Orphans.sweep()
    #expect(!isDead(hidden))
    let later = try ChildRun(shell("read line"))
    first.input.close()
    await first.exited()
    let isGone = await eventually { ProcessFile.statusFields(hidden) == nil }
    #expect(isGone)
    #expect(later.exits.isEmpty)
    later.child.signalGroup(SIGKILL)
    await later.exited()
  }

  @Test
  func `B36: after 1 000 children no zombie is left and no descriptor`() async {
    await #expect(processExitsWith: .success) {
      EventLoop.prepareProcess()
      LoopThread.start()
      try await OrphansTests.churn()
    }
  }

  @EventLoop
  static func churn() async throws {
    // Each leaves a grandchild that we become the parent of.
    let spec = shell("(exit 0 & ) & exit 0")
    try await ChildRun(spec).ended()
    let before = ProcessFile.entries("/proc/self/fd").count
    for _ in 0..<125 {
      var runs: [ChildRun] = []
      for _ in 0..<8 { runs.append(try ChildRun(spec)) }
      for run in runs { await run.ended() }
    }
    // What the first one had may have been open for a moment longer when they were counted.
    let isClean = await eventually {
      ProcessFile.ownChildren() == [ProcessGuard.pid]
        && ProcessFile.entries("/proc/self/fd").count <= before
    }
    let after = ProcessFile.entries("/proc/self/fd").count
    #expect(isClean, "\(ProcessFile.ownChildren()), \(before) before, \(after) now")
    #expect(Child.running.isEmpty)
  }
}
