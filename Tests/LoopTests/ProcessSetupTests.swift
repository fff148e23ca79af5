import Glibc
import LoopTesting
import Testing

@testable import Loop

/// In processes of their own, since they change descriptors and limits.
@Suite(.serialized)
struct ProcessSetupTests {
  @Test
  func `R08: descriptors 0 to 2 that were closed are /dev/null afterwards`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      for descriptor in Int32(0)...2 { close(descriptor) }
      EventLoop.prepareProcess()
      var null = stat()
      stat("/dev/null", &null)
      for descriptor in Int32(0)...2 {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_rdev == null.st_rdev else { exit(1) }
      }
      exit(7)
    }
  }

  @Test
  func `the process ignores SIGPIPE and may open as many descriptors as it is allowed`() async {
    await #expect(processExitsWith: .success) {
      let extra = open("/dev/null", O_RDONLY)
      var before = rlimit()
      getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &before)
      before.rlim_cur = 200
      setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &before)
      EventLoop.prepareProcess()
      var after = rlimit()
      getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &after)
      #expect(after.rlim_cur == before.rlim_max)
      #expect(DescriptorTable.originalSoftLimit == 200)
      #expect(fcntl(extra, F_GETFD) & FD_CLOEXEC != 0)
      kill(getpid(), SIGPIPE)
      LoopThread.start()
      try await ProcessSetupTests.childLimit()
    }
  }

  @EventLoop
  static func childLimit() async throws {
    let run = try ChildRun(shell("ulimit -n"))
    await run.ended()
    #expect(run.output.text == "200\n")
  }

  @Test
  func `R08: standard pipes are taken without making them non-blocking for others`() async {
    await #expect(processExitsWith: .success) {
      LoopThread.start()
      try await ProcessSetupTests.takePipes()
    }
  }

  @EventLoop
  static func takePipes() async throws {
    let (toUs, fromUs) = (try Pipe(), try Pipe())
    let stdout = dup(1)
    dup2(toUs.readEnd, 0)
    dup2(fromUs.writeEnd, 1)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: StandardStreams.takeInput(), sink: sink)
    let writer = DescriptorWriter(descriptor: StandardStreams.takeOutput())
    reader.resume()
    writeAll(toUs.writeEnd, "ping")
    await sink.wait(forBytes: 4)
    // What is printed now must not get between the messages.
    _ = write(1, "", 0)
    writer.write("pong")
    await sleep(.milliseconds(1))
    #expect(Channel(fromUs.readEnd).readableBytes == 5)
    #expect(fcntl(toUs.readEnd, F_GETFL) & O_NONBLOCK == 0)
    #expect(fcntl(fromUs.writeEnd, F_GETFL) & O_NONBLOCK == 0)
    // Our end is the only one left, so the client sees us close it.
    close(fromUs.writeEnd)
    writer.close()
    var request = pollfd(fd: fromUs.readEnd, events: Int16(POLLIN), revents: 0)
    #expect(poll(&request, 1, 0) == 1 && Int32(request.revents) & POLLHUP != 0)
    dup2(stdout, 1)
  }

  @Test
  func `R08: standard sockets are taken as they are`() async {
    await #expect(processExitsWith: .success) {
      LoopThread.start()
      try await ProcessSetupTests.takeSocket()
    }
  }

  @EventLoop
  static func takeSocket() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    dup2(ends[0], 0)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: StandardStreams.takeInput(), sink: sink)
    reader.resume()
    writeAll(ends[1], "ping")
    await sink.wait(forBytes: 4)
    #expect(fcntl(ends[0], F_GETFL) & O_NONBLOCK == 0)
  }

  @Test
  func `R01: without descriptors a spawn is refused with the reason, and works again later`() async
  {
    await #expect(processExitsWith: .success) {
      EventLoop.prepareProcess()
      LoopThread.start()
      try await ProcessSetupTests.exhaust()
    }
  }

  @EventLoop
  static func exhaust() async throws {
    let existing = try ChildRun(shell("cat"))
    var limit = rlimit()
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    getrlimit(resource, &limit)
    limit.rlim_cur = 128
    setrlimit(resource, &limit)
    var taken: [Int32] = []
    while case let descriptor = dup(2), descriptor >= 0 { taken.append(descriptor) }
    // 10 are free: enough for the seven of a spawn, not for those we keep in hand.
    for _ in 0..<10 { if let last = taken.popLast() { close(last) } }
    do throws(SpawnError) {
      _ = try Child.spawn(shell("exit 0")) { _ in }
      Issue.record("a child was started")
    } catch {
      #expect(error.reason == .descriptors)
      #expect(error.isTransient)
      #expect(error.description == "No file descriptors are left to start /bin/sh.")
    }
    existing.input.write("still works")
    await existing.output.wait(forBytes: 12)
    for descriptor in taken { close(descriptor) }
    let run = try ChildRun(shell("exit 5"))
    await run.ended()
    #expect(run.exits == [.exited(5)])
    existing.input.close()
    await existing.ended()
    #expect(existing.exits == [.exited(0)])
  }

  @Test
  func `R02: without processes a spawn is refused with the reason`() async {
    await #expect(processExitsWith: .success) {
      LoopThread.start()
      await ProcessSetupTests.refuseFork()
    }
  }

  @EventLoop
  static func refuseFork() async {
    let error = SpawnError(stage: .fork, code: EAGAIN, spec: shell("exit 0"))
    #expect(error.reason == .resources && error.isTransient)
    #expect(error.description == "The system has no process or memory left to start /bin/sh.")
  }

  @Test
  func `R17: the end of a parent is told although our stdin stays open`() async throws {
    LoopThread.start()
    try await ProcessSetupTests.watchParent()
  }

  @EventLoop
  static func watchParent() async throws {
    // A process of ours stands for the parent: what is watched is a process number.
    let run = try ChildRun(shell("read line"))
    var told = 0
    let watch = try #require(ParentWatch(of: run.child.pid) { told += 1 })
    let own = ParentWatch { told += 100 }
    #expect(own != nil, "our own parent lives")
    await sleep(.milliseconds(5))
    #expect(told == 0)
    run.input.close()
    let isTold = await eventually { told > 0 }
    #expect(isTold && told == 1)
    await run.ended()
    #expect(ParentWatch(of: 0) {} == nil)
    withExtendedLifetime((watch, own)) {}
  }

  @Test
  func `inherited signal settings do not hide how a child ended`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGCHLD, SIG_IGN)
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_SETMASK, &all, nil)
      EventLoop.prepareProcess()
      LoopThread.start()
      try await ProcessSetupTests.exitCode(9)
    }
  }

  @Test
  func `a child that somebody else reaped is still reported`() async {
    await #expect(processExitsWith: .success) {
      LoopThread.start()
      signal(SIGCHLD, SIG_IGN)
      try await ProcessSetupTests.exitCode(-1)
    }
  }

  @EventLoop
  static func exitCode(_ expected: Int32) async throws {
    let run = try ChildRun(shell("exit 9"))
    await run.ended()
    #expect(run.exits == [.exited(expected)])
  }
}
