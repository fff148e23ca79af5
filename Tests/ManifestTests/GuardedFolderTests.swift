import Glibc
import Manifest
import TestSupport
import Testing

/// Rows M17 and S12: files that others can change decide nothing.
@Suite struct GuardedFolderTests {
  private func load(_ folder: ConfigurationFolder, isGuarded: Bool = true) -> Configuration {
    Configuration.load(directory: folder.path, isGuarded: isGuarded, environment: [:])
  }

  private func folder() -> ConfigurationFolder {
    let folder = ConfigurationFolder().manifest("a", "process: {command: /bin/true}")
    folder.write("gateway.yaml", "{}\n")
    return folder
  }

  @Test(arguments: [0o600, 0o644, 0o444, 0o755]) func `S12: what only its owner can change is read`(
    mode: mode_t
  ) {
    let folder = folder()
    chmod(folder.path + "/manifests/a.yaml", mode)
    #expect(load(folder).ready.map(\.name) == ["a"])
  }

  @Test(arguments: [0o602, 0o646, 0o666, 0o777])
  func `M17, S12: a manifest that everybody can change is refused and the others are served`(
    mode: mode_t
  ) throws {
    let folder = folder().manifest("b", "process: {command: /bin/true}")
    chmod(folder.path + "/manifests/a.yaml", mode)
    let configuration = load(folder)
    #expect(configuration.isUsable && configuration.ready.map(\.name) == ["b"])
    let diagnostic = try #require(configuration.diagnostics.first)
    #expect(diagnostic.cause == .exposure)
    #expect(
      diagnostic.message
        == "the file can be changed by others; run chmod go-w on it, and have it belong to you")
    #expect(load(folder, isGuarded: false).ready.count == 2)
  }

  @Test(arguments: ["", "/manifests", "/gateway.yaml"])
  func `M17, S12: a folder or gateway.yaml that everybody can change serves nothing`(path: String) {
    let folder = folder()
    #expect(load(folder).isUsable)
    chmod(folder.path + path, 0o777)
    let configuration = load(folder)
    #expect(!configuration.isUsable)
    #expect(configuration.diagnostics.map(\.cause) == [.exposure])
    #expect(load(folder, isGuarded: false).isUsable)
  }

  @Test func `S12: what belongs to another user, or to a group of others, is refused`() {
    guard geteuid() == 0 else { return print("skipped: giving a file away needs root") }
    let folder = folder()
    let file = folder.path + "/manifests/a.yaml"
    chmod(file, 0o664)
    #expect(chown(file, 0, 0) == 0 && load(folder).ready.count == 1)
    #expect(chown(file, 0, 12_345) == 0 && load(folder).ready.isEmpty)
    chmod(file, 0o644)
    #expect(load(folder).ready.count == 1)
    #expect(chown(file, 12_345, 0) == 0 && load(folder).ready.isEmpty)
  }

  @Test func `S12: what is asked and what is read is one file, however fast the path changes`()
    throws
  {
    let folder = folder()
    let file = folder.path + "/manifests/a.yaml"
    let good = folder.write("good", "process: {command: /bin/good}\n")
    let bad = folder.write("bad", "process: {command: /bin/bad}\n", mode: 0o666)
    // Two links are put in the place of the manifest in turn, as fast as it goes.
    let swapper = try Swapper(file, good, bad)
    defer { swapper.end() }
    var seen: Set<String> = []
    let deadline = ContinuousClock.now + .seconds(20)
    var rounds = 0
    while rounds < 500 || !seen.isSuperset(of: ["/bin/good", "exposure"]) {
      guard ContinuousClock.now < deadline else { break }
      rounds += 1
      let configuration = load(folder)
      seen.formUnion(configuration.ready.map(\.process.command))
      guard configuration.ready.isEmpty else { continue }
      seen.formUnion(configuration.diagnostics.map { "\($0.cause)" })
    }
    #expect(!seen.contains("/bin/bad"), "\(seen)")
    #expect(seen.isSuperset(of: ["/bin/good", "exposure"]), "\(seen)")
  }
}

/// A process that swaps what a path leads to until it is ended.
private struct Swapper {
  private var pid: pid_t = 0

  init(_ path: String, _ first: String, _ second: String) throws {
    let script =
      "while :; do ln -sf \(first) \(path).n; mv -T \(path).n \(path);"
      + " ln -sf \(second) \(path).n; mv -T \(path).n \(path); done"
    var words = Self.copies(["sh", "-c", script])
    var variables = Self.copies(["PATH=/usr/bin:/bin"])
    defer { for text in words + variables { free(text) } }
    var settings = posix_spawnattr_t()
    posix_spawnattr_init(&settings)
    posix_spawnattr_setflags(&settings, Int16(POSIX_SPAWN_SETPGROUP))
    defer { posix_spawnattr_destroy(&settings) }
    try #require(posix_spawn(&pid, "/bin/sh", nil, &settings, &words, &variables) == 0)
  }

  private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }

  /// Its group: what it has started too.
  func end() {
    kill(-pid, SIGKILL)
    waitpid(pid, nil, 0)
  }
}
