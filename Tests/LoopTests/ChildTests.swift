import Glibc
import LoopTesting
import Testing

@testable import Loop

@Suite(.eventLoop)
struct ChildTests {
  @Test @EventLoop
  func `a child answers on its pipes and its exit is delivered once`() async throws {
    let run = try ChildRun(shell("read line; echo out-$line; echo err-$line >&2; exit 3"))
    run.input.write("x")
    await run.ended()
    #expect(run.output.text == "out-x\n")
    #expect(run.errors.text == "err-x\n")
    #expect(run.exits == [.exited(3)])
    #expect(run.child.groupIsGone)
  }

  @Test @EventLoop
  func `a child ended by a signal says which`() async throws {
    let run = try ChildRun(shell("kill -ABRT $$"))
    await run.ended()
    #expect(run.exits == [.signalled(SIGABRT)])
  }

  @Test @EventLoop
  func `a child gets nothing but what the specification says`() async throws {
    let spill = open("/dev/null", O_RDONLY)
    var spec = shell(
      "env | sort; ls -1 /proc/self/fd | wc -l; pwd; cat /proc/$$/oom_score_adj; ulimit -d; ulimit -c;"
        + "ps -o pid=,pgid=,sid= -p $$ | awk '{print ($1==$2 && $2==$3)}';"
        + "exec grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status")
    spec.environment = ["PATH=/usr/bin:/bin", "ONE=1"]
    spec.directory = "/usr"
    spec.dataLimit = 64 << 20
    let run = try ChildRun(spec)
    await run.ended()
    close(spill)
    let lines = run.output.text.split(separator: "\n").map { String($0.filter { $0 != "\t" }) }
    #expect(lines.contains("ONE=1"))
    #expect(lines.contains { $0.hasPrefix("SWITCHYARD_LINEAGE=sw") })
    let rest = lines.drop { !$0.hasPrefix("SWITCHYARD_LINEAGE") }.dropFirst()
    #expect(
      Array(rest) == [
        // 0, 1, 2, and what ls opens.
        "4", "/usr", "500", "65536", "0", "1", "SigBlk:0000000000000000",
        "SigIgn:0000000000000000", "NoNewPrivs:1",
      ])
  }

  @Test @EventLoop
  func `B01: what cannot be started is an error that says why`() throws {
    let file = "/tmp/switchyard-b01-\(getpid())"
    defer { unlink(file) }
    #expect(failure(of: "/nowhere/at-all")?.reason == .notFound)
    #expect(failure(of: "/etc/passwd/x")?.reason == .notFound)
    #expect(failure(of: "/tmp")?.reason == .isDirectory)
    writeFile(file, "plain text", mode: 0o644)
    #expect(failure(of: file)?.reason == .notExecutable)
    writeFile(file, "plain text", mode: 0o755)
    #expect(failure(of: file)?.reason == .wrongFormat)
    writeFile(file, "#!/nowhere/interpreter\n", mode: 0o755)
    #expect(failure(of: file)?.reason == .interpreterNotFound)
    let elsewhere = failure(of: "/bin/true", directory: "/nowhere")
    #expect(elsewhere?.reason == .directoryMissing)
    #expect(
      elsewhere?.description
        == "The working directory /nowhere cannot be entered: No such file or directory.")
    #expect(failure(of: "/nowhere/at-all")?.description == "/nowhere/at-all does not exist.")
  }

  /// In a process of its own: the tests beside it open descriptors too.
  @Test func `a failed start leaves neither a child nor a descriptor`() async {
    await #expect(processExitsWith: .success) {
      LoopThread.start()
      await ChildTests.failToStart()
    }
  }

  @EventLoop
  static func failToStart() {
    let tests = ChildTests()
    _ = tests.failure(of: "/nowhere")
    let before = ProcessFile.entries("/proc/self/fd").count
    for _ in 0..<50 { _ = tests.failure(of: "/nowhere") }
    #expect(ProcessFile.entries("/proc/self/fd").count == before)
    #expect(Child.running.isEmpty)
  }

  @Test @EventLoop
  func `B14: a grandchild that holds the pipe does not hide the death`() async throws {
    let run = try ChildRun(shell("sleep 9999 & echo $!; exit 0"))
    await run.exited()
    #expect(run.exits == [.exited(0)])
    // The pipe ends although the grandchild never closed it: it was killed with its group.
    await run.output.waitForEnd()
    let grandchild = try #require(Int32(run.output.text.dropLast()))
    let isGone = await eventually { isDead(grandchild) }
    #expect(isGone)
  }

  @Test @EventLoop
  func `B13: what ignores SIGTERM and the end of its input dies of SIGKILL`() async throws {
    let run = try ChildRun(shell("trap '' TERM; echo on; while :; do sleep 1; done"))
    await run.output.wait(forBytes: 3)
    run.input.close()
    run.child.signalGroup(SIGTERM)
    await sleep(.milliseconds(50))
    #expect(run.exits.isEmpty)
    run.child.signalGroup(SIGKILL)
    await run.ended()
    #expect(run.exits == [.signalled(SIGKILL)])
  }

  @Test @EventLoop
  func `R19: a reaped child is never signalled`() async throws {
    let run = try ChildRun(shell("exit 0"))
    await run.ended()
    // Would end this test process if it went to a group by number 0, or another's.
    run.child.signalGroup(SIGKILL)
    run.child.signal(SIGKILL)
    #expect(run.exits == [.exited(0)])
  }

  @Test @EventLoop
  func `S24: what runs is the file that was opened, whatever its path names by then`() async throws
  {
    let folder = "/tmp/switchyard-s24-\(getpid())"
    mkdir(folder, 0o700)
    let path = folder + "/program"
    defer {
      unlink(path)
      rmdir(folder)
    }
    // The one that is checked ends with 0, the one that takes its place with 1.
    #expect(symlink("/bin/true", path) == 0)
    let program = OpenProgram(descriptor: open(path, O_RDONLY | O_CLOEXEC))
    unlink(path)
    #expect(symlink("/bin/false", path) == 0)
    var spec = ChildSpec(executable: path, arguments: ["program"])
    let swapped = try ChildRun(spec)
    await swapped.ended()
    #expect(swapped.exits == [.exited(1)])
    spec.program = program
    let checked = try ChildRun(spec)
    await checked.ended()
    #expect(checked.exits == [.exited(0)])
  }

  @Test @EventLoop
  func `an identity tells a process from another with its number`() async throws {
    let run = try ChildRun(shell("read line"))
    let identity = try #require(run.child.identity)
    #expect(identity.isAlive)
    var earlier = identity
    earlier.startTime -= 1
    #expect(!earlier.isAlive)
    #expect(!earlier.killIfStillThatProcess())
    var otherBoot = identity
    otherBoot.bootID = "0"
    #expect(!otherBoot.killIfStillThatProcess())
    #expect(identity.killIfStillThatProcess())
    await run.ended()
    #expect(run.exits == [.signalled(SIGKILL)])
    #expect(!identity.isAlive)
  }

  @EventLoop
  func failure(of path: String, directory: String? = nil) -> SpawnError? {
    let spec = ChildSpec(executable: path, arguments: [path], directory: directory)
    do throws(SpawnError) {
      _ = try Child.spawn(spec) { _ in }
      return nil
    } catch {
      return error
    }
  }

  private func writeFile(_ path: String, _ text: String, mode: mode_t) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = write(file, text, text.utf8.count)
    close(file)
    chmod(path, mode)
  }
}
