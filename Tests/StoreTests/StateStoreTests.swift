import Glibc
import Loop
import Store
import TestSupport
import Testing

@Suite struct StateStoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var directory: String { folder.path + "/a/state" }

  private func record(_ service: String, _ digest: String = "d", at time: Int64 = 1)
    -> CatalogueRecord
  {
    CatalogueRecord(
      service: service, digest: digest, revision: "2025-11-25", serverInfo: Array("{}".utf8),
      capabilities: Array(#"{"tools":{}}"#.utf8), instructions: Array("do \"it\"".utf8),
      tools: Array(#"[{"name":"é\u0000"}]"#.utf8), prompts: [], resources: Array("[]".utf8),
      templates: Array("[1]".utf8), updatedAt: time)
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func `what is saved is read again, by this and by the next process`() throws {
    var empty = record("b")
    empty.instructions = nil
    do {
      let store = try StateStore(directory: directory)
      #expect(store.allCatalogues().isEmpty)
      #expect(store.save(record("a")) && store.save(empty))
      #expect(store.catalogue(service: "a", digest: "d") == record("a"))
      #expect(store.catalogue(service: "a", digest: "e") == nil)
      #expect(store.failures == 0 && store.notice == nil)
    }
    let store = try StateStore(directory: directory)
    #expect(store.allCatalogues() == [record("a"), empty])
  }

  @Test func `folder and files are the owner's alone, whatever the umask`() throws {
    let store = try StateStore(directory: directory)
    store.save(record("a"))
    #expect(mode(directory) == 0o700)
    for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
      #expect(mode(directory + "/" + name) == 0o600, "\(name)")
    }
    chmod(directory + "/state.sqlite", 0o644)
    _ = try StateStore(directory: directory)
    #expect(mode(directory + "/state.sqlite") == 0o600)
  }

  @Test func `a service keeps its newest few digests`() throws {
    let store = try StateStore(directory: directory)
    for time in 1...9 { store.save(record("a", "d\(time)", at: Int64(time))) }
    store.save(record("b", "old", at: 0))
    #expect(store.allCatalogues().map(\.digest) == ["d9", "d8", "d7", "d6", "old"])
    // The clock may have gone back: what is saved now stays all the same.
    store.save(record("a", "past", at: -5))
    #expect(store.catalogue(service: "a", digest: "past") != nil)
    #expect(store.allCatalogues().count == 5)
  }

  @Test func `era verdicts are kept and replaced`() throws {
    let store = try StateStore(directory: directory)
    #expect(store.era(digest: "x") == nil)
    store.saveEra(digest: "x", revision: "2025-11-25", now: 1)
    store.saveEra(digest: "x", revision: "2026-07-28", now: 2)
    #expect(store.era(digest: "x") == "2026-07-28")
    #expect(store.era(digest: "y") == nil)
  }

  @Test func `only children of dead owners are orphans`() throws {
    let store = try StateStore(directory: directory)
    let boot = ProcessIdentity.currentBoot
    let alive = try #require(ProcessIdentity.current)
    let dead = ProcessIdentity(pid: alive.pid, startTime: alive.startTime &+ 1, bootID: boot)
    func child(_ pid: Int32, of owner: ProcessIdentity, boot: String) -> ChildRecord {
      ChildRecord(
        process: ProcessIdentity(pid: pid, startTime: 9, bootID: boot), marker: "m\(pid)",
        service: "s",
        owner: ProcessIdentity(
          pid: owner.pid, startTime: owner.startTime, bootID: boot))
    }
    let kept = child(1, of: alive, boot: boot)
    let orphan = child(2, of: dead, boot: boot)
    for item in [kept, orphan, child(3, of: dead, boot: "another boot")] { store.record(item) }
    #expect(store.orphans() == [orphan])
    #expect(store.children() == [kept, orphan])
    store.remove(orphan.process)
    #expect(store.orphans().isEmpty)
    #expect(store.children() == [kept])
  }

  @Test func `gateways are listed while they live`() throws {
    let store = try StateStore(directory: directory)
    let other = try StateStore(directory: directory)
    let me = GatewayRecord(
      process: try #require(ProcessIdentity.current), configuration: "/c", startedAt: 5)
    let dead = GatewayRecord(
      process: ProcessIdentity(pid: 1, startTime: .max, bootID: ProcessIdentity.currentBoot),
      configuration: "/d", startedAt: 1)
    #expect(store.register(me) && other.register(dead))
    #expect(other.running() == [me])
    #expect(store.running(isAlive: { _ in true }) == [me])
    store.unregister(me.process)
    #expect(other.running().isEmpty)
  }

  @Test func `a process is known by its start, not by its pid alone`() throws {
    let me = try #require(ProcessIdentity.current)
    #expect(me.isAlive && me.pid == getpid() && me.startTime > 0)
    var other = me
    other.startTime += 1
    #expect(!other.isAlive)
    other = me
    other.bootID = "another"
    #expect(!other.isAlive)
    #expect(ProcessIdentity(pid: Int32.max) == nil)
  }

  @Test func `start times of children whose name has brackets are read`() throws {
    // The kernel takes the name from the path that was executed.
    let path = folder.path + "/x) R 1 ("
    try #require(symlink("/bin/sleep", path) == 0)
    let child = try Child(path, ["30"])
    defer { child.kill() }
    let me = try #require(ProcessIdentity.current)
    let identity = try #require(ProcessIdentity(pid: child.pid))
    #expect(identity.startTime >= me.startTime)
    #expect(identity.isAlive)
  }
}

/// A child of the test, ended by `kill`.
struct Child {
  let pid: pid_t

  init(_ path: String, _ arguments: [String]) throws {
    var pid: pid_t = 0
    var argv = ([path] + arguments).map { strdup($0) }
    defer { for pointer in argv { free(pointer) } }
    argv.append(nil)
    try #require(posix_spawn(&pid, path, nil, nil, argv, environ) == 0)
    self.pid = pid
  }

  /// Waits for the end; the exit code, or -1 if a signal ended it.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
  }

  /// Kills with SIGKILL and waits for the end.
  func kill() {
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }
}
