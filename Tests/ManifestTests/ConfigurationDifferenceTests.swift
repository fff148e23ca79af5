import Glibc
import Manifest
import TestSupport
import Testing

/// What a reload takes over: rows M13 and M16, and the promise that a broken configuration never
/// replaces a working one (I8).
@Suite struct ConfigurationDifferenceTests {
  private let folder = ConfigurationFolder()
    .manifest("git", process("  args: [a]\ndescription: One.\n"))
    .manifest("notes", process(""))

  private func difference(
    from running: Configuration, _ environment: [String: String] = [:], needsManifests: Bool = true
  ) -> ConfigurationDifference {
    ConfigurationDifference(
      from: running,
      to: Configuration.load(
        directory: folder.path, needsManifests: needsManifests, environment: environment))
  }

  private typealias Change = ConfigurationDifference.ServiceChange

  @Test func `a folder that says the same changes nothing, however it is written`() {
    let running = folder.load()
    folder.manifest(
      "git",
      "# Comments and order do not count.\ndescription: \"One.\"\nprocess: {args: ['a'], command: x}\n"
    )
    // A quoted text is a text either way, but might be a number where it is plain.
    let changes = difference(from: running).services
    #expect(changes.allSatisfy { $0.kind == .changed(["description", "process.args"]) })
    folder.manifest(
      "git", "# One more.\nprocess:\n  command:   x\n  args: [ a ]\ndescription: One.\n")
    #expect(difference(from: running).isEmpty)
  }

  @Test func `what is added, removed and changed is told by name and key`() {
    let running = folder.load()
    folder.manifest("git", process("  args: [b]\n  idle: 9s\ndescription: Two.\n"))
    folder.manifest("wiki", process(""))
    unlink(folder.path + "/manifests/notes.yaml")
    let difference = difference(from: running)
    #expect(
      difference.services == [
        Change(
          name: "git", kind: .changed(["description", "process.args", "process.idle"]),
          needsProcess: true),
        Change(name: "notes", kind: .removed), Change(name: "wiki", kind: .added),
      ])
    #expect(difference.result.ready.map(\.name) == ["git", "wiki"])
  }

  @Test(arguments: [
    ("description: Two.", "description"), ("priority: 70", "priority"),
    ("tools: {exclude: [x]}", "tools.exclude"), ("limits: {timeout: 9s}", "limits.timeout"),
    ("methods: [x/y]", "methods"),
  ]) func `what does not concern the process leaves it running`(line: String, key: String) {
    let running = folder.load()
    folder.manifest("notes", process(line + "\n"))
    #expect(
      difference(from: running).services == [Change(name: "notes", kind: .changed([key]))])
  }

  @Test(arguments: [
    "  args: [x]", "  env: {A: b}", "  directory: /tmp", "  protocol: legacy",
    "  limits: {memory: 1GiB}",
  ]) func `what a process is started with needs another process`(line: String) {
    let running = folder.load()
    folder.manifest("notes", process(line + "\n"))
    #expect(difference(from: running).services.map(\.needsProcess) == [true])
  }

  @Test func `start and idle time are taken over by the process that runs`() {
    let running = folder.load()
    folder.manifest("notes", process("  start: warm\n  idle: 9s\n"))
    #expect(difference(from: running).services.map(\.needsProcess) == [false])
  }

  @Test func `M13: a manifest that is broken keeps the service that it described`() {
    folder.manifest("other", process("service: wiki\n"))
    let running = folder.load()
    folder.manifest("git", "process: [")
    // Its name cannot be read any more.
    folder.manifest("other", "service: wiki\nprocess: {comand: x}\n")
    folder.manifest("notes", process("priority: 70\n"))
    let difference = difference(from: running)
    #expect(difference.isUsable)
    #expect(difference.services.map(\.name) == ["git", "notes", "wiki"])
    for change in difference.services where change.name != "notes" {
      guard case .kept(let why) = change.kind else {
        Issue.record("\(change) is not kept")
        continue
      }
      #expect(why.contains("/manifests/"))
    }
    #expect(difference.result.ready.map(\.name) == ["notes", "git", "wiki"])
    #expect(difference.result.ready.last?.process.command == "x")
    // Made good, it is as it was.
    folder.manifest("git", process("  args: [a]\ndescription: One.\n"))
    folder.manifest("other", process("service: wiki\n"))
    let again = ConfigurationDifference(from: difference.result, to: folder.load())
    #expect(again.isEmpty && again.problems.isEmpty)
  }

  @Test func `M07: a second manifest of a name keeps the first one serving`() {
    let running = folder.load()
    folder.manifest("git2", process("service: git\n"))
    let difference = difference(from: running)
    #expect(difference.services.map(\.name) == ["git"])
    #expect(difference.result.ready.map(\.name) == ["git", "notes"])
    #expect(difference.problems.count == 2)
  }

  @Test func `a new manifest that is broken is off, and everything else is as it was`() {
    let running = folder.load()
    folder.manifest("bad", "process: [")
    let difference = difference(from: running)
    #expect(difference.services == [])
    #expect(difference.problems.count == 1)
    #expect(difference.result.ready.map(\.name) == ["git", "notes"])
    #expect(difference.result.services.map(\.name) == ["bad", "git", "notes"])
  }

  @Test func `I8: a gateway.yaml that is broken changes nothing at all`() {
    let running = folder.load()
    folder.write("gateway.yaml", "limits: {pages: 5}\n")
    folder.manifest("wiki", process(""))
    let difference = difference(from: running)
    #expect(!difference.isUsable && difference.isEmpty)
    #expect(difference.result.services.map(\.name) == ["git", "notes"])
    #expect(difference.problems.count == 1)
  }

  @Test(arguments: ["", "/manifests"])
  func `M16: a folder that has vanished changes nothing`(part: String) {
    let running = folder.load()
    #expect(rename(folder.path + part, folder.path + part + ".away") == 0)
    defer { rename(folder.path + part + ".away", folder.path + part) }
    let difference = difference(from: running)
    #expect(!difference.isUsable && difference.isEmpty)
    #expect(difference.result.ready.map(\.name) == ["git", "notes"])
    #expect(difference.problems.first?.message == "the folder does not exist")
  }

  @Test func `a service that its manifest disables is removed, and comes back`() {
    let running = folder.load()
    folder.manifest("git", process("enabled: false\n"))
    let difference = difference(from: running)
    #expect(difference.services == [Change(name: "git", kind: .removed)])
    folder.manifest("git", process(""))
    let back = ConfigurationDifference(from: difference.result, to: folder.load())
    #expect(back.services == [Change(name: "git", kind: .added)])
  }

  @Test func `a secret with another value is a change of the key that uses it`() {
    folder.write("secrets/token", "one\n")
    folder.manifest("notes", process("  env: {TOKEN: \"${secret:token}\"}\n"))
    let running = folder.load()
    #expect(difference(from: running).isEmpty)
    folder.write("secrets/token", "two\n")
    #expect(
      difference(from: running).services == [
        Change(name: "notes", kind: .changed(["process.env"]), needsProcess: true)
      ])
  }

  @Test func `keys of gateway.yaml are told with both values and when they count`() {
    folder.write("gateway.yaml", "limits: {page: 5}\n")
    let running = folder.load()
    folder.write(
      "gateway.yaml", "limits: {page: 7}\nstderr: {rate: 3}\nprocesses: {idle: 10s}\n")
    let difference = difference(from: running)
    let settings = difference.settings.map {
      "\($0.key) \($0.old) \($0.new) \($0.effect.rawValue)"
    }
    #expect(
      settings == [
        "limits.page 5 7 at once", "processes.idle 5m 10s at once",
        "stderr.rate 100 3 with the next process",
      ])
    // It is the default of services that do not say.
    #expect(
      difference.services == [
        Change(name: "git", kind: .changed([])), Change(name: "notes", kind: .changed([])),
      ])
    #expect(difference.result.gateway.limits.page == 7)
  }

  @Test func `each key that counts earlier than at the next start exists`() {
    let keys = Set(GatewayConfiguration.defaults.values.map(\.key))
    #expect(SettingEffect.known.subtracting(keys) == [])
    #expect(SettingEffect(of: "no.such_key") == .withNextStart)
  }

  @Test func `a stamp is another after any change of what is read, and only then`() {
    folder.write("secrets/a", "x\n")
    func stamp() -> ConfigurationStamp { ConfigurationStamp(of: folder.path) }
    var before = stamp()
    #expect(stamp() == before)
    folder.write("manifests/.git.yaml.swp", "x")
    folder.write("README", "x")
    #expect(stamp() == before)
    for (name, text) in [
      ("gateway.yaml", ""), ("manifests/new.yaml", "x"), ("secrets/a", "y\n"),
      ("manifests/git.yaml", "longer"),
    ] {
      folder.write(name, text)
      #expect(stamp() != before, "\(name)")
      before = stamp()
    }
    #expect(stamp().folders.count == 3)
  }

  @Test func `a stamp tells whether anything was written since a moment`() throws {
    let path = folder.path
    let past = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
    for name in ["git", "notes"] {
      #expect(utimensat(AT_FDCWD, "\(path)/manifests/\(name).yaml", past, 0) == 0)
    }
    // The time of writing can be set to anything, the time of the last change cannot.
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let stamp = ConfigurationStamp(of: path)
    #expect(stamp.isNewer(than: 0) && stamp.isNewer(than: 1_000_000_000_000))
    #expect(!stamp.isNewer(than: Int64(now.tv_sec + 1) * 1_000_000_000))
  }

  @Test func `M14: links that are exchanged, as in a mounted volume, are seen`() throws {
    let path = folder.path
    for name in ["one", "two"] { folder.write("v/\(name)/git.yaml", process("")) }
    #expect(symlink("one", path + "/v/..data") == 0)
    unlink(path + "/manifests/git.yaml")
    #expect(symlink("../v/..data/git.yaml", path + "/manifests/git.yaml") == 0)
    let before = ConfigurationStamp(of: path)
    #expect(before.folders.isSuperset(of: ["/v", "/v/one", "/manifests"].map { path + $0 }))
    #expect(symlink("two", path + "/v/new") == 0)
    #expect(rename(path + "/v/new", path + "/v/..data") == 0)
    #expect(ConfigurationStamp(of: path) != before)
  }
}
