import Glibc
import Manifest
import TestSupport
import Testing

@Suite struct LoadingTests {
  @Test func `I8: a broken manifest takes only its own service down`() {
    let folder = ConfigurationFolder()
      .manifest("b", process("")).manifest("a", process("oops: 1")).manifest("c", "[")
      .manifest("d", process("enabled: false"))
    let configuration = folder.load()
    #expect(configuration.services.map(\.name) == ["a", "b", "c", "d"])
    #expect(configuration.ready.map(\.name) == ["b"])
    #expect(configuration.isUsable)
    #expect(configuration.diagnostics.count == 2)
    #expect(configuration.services[0].reasons == [configuration.diagnostics[0]])
    #expect(configuration.services[2].reasons == [configuration.diagnostics[1]])
  }

  @Test func `only visible yaml files are manifests, in the order of their bytes`() {
    let folder = ConfigurationFolder().manifest("b", process("")).manifest(
      "B", process("service: z"))
    for name in [
      ".hidden.yaml", "#b.yaml", "b.yaml~", "b.yaml.swp", ".b.yaml.swp", "b.yaml.bak", "README.md",
      "b.json",
    ] {
      folder.write("manifests/" + name, "[")
    }
    folder.write("manifests/c.yml", process(""))
    let configuration = folder.load()
    #expect(configuration.services.map(\.name) == ["b", "c", "z"])
    #expect(configuration.diagnostics.isEmpty)
  }

  @Test func `priority orders services, then their names do`() {
    let folder = ConfigurationFolder()
      .manifest("a", process("priority: 10")).manifest("b", process(""))
      .manifest("c", process("priority: 90")).manifest("d", process(""))
    #expect(folder.load().ready.map(\.name) == ["c", "b", "d", "a"])
  }

  @Test func `M07: one name for two services is an error that names both files`() {
    let folder = ConfigurationFolder()
      .manifest("a", process("service: same")).manifest("b", process("service: same"))
      .manifest("c", process(""))
    let configuration = folder.load()
    #expect(configuration.ready.map(\.name) == ["c"])
    #expect(
      configuration.diagnostics.map(\.description) == [
        "\(folder.path)/manifests/a.yaml:1:1: the service 'same' is also described in "
          + "\(folder.path)/manifests/b.yaml; none of them is served",
        "\(folder.path)/manifests/b.yaml:1:1: the service 'same' is also described in "
          + "\(folder.path)/manifests/a.yaml; none of them is served",
      ])
  }

  @Test func `M07: a broken or disabled manifest still holds its name`() {
    for other in ["service: a\nprocess: {comand: x}", "service: a\nenabled: false\n" + process("")]
    {
      let folder = ConfigurationFolder().manifest("a", process("")).manifest("b", other)
      #expect(folder.load().ready.isEmpty)
    }
  }

  @Test func `S03: names that differ only in case count as one`() {
    let folder = ConfigurationFolder().manifest("git", process("")).manifest("Git", process(""))
    let configuration = folder.load()
    #expect(configuration.ready.isEmpty)
    #expect(configuration.diagnostics.first?.message.contains("git.yaml as 'git'") == true)
  }

  @Test func `plugins are found by name, the first folder wins`() {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", "plugins: [echo, none]")
    folder.write("p2/echo/manifest.yaml", "service: echo\nprocess: {command: ./second}")
    folder.write("p1/echo/manifest.yaml", "service: echo\nprocess: {command: ./first}")
    folder.write("p1/other/manifest.yaml", "service: other\nprocess: {command: x}")
    let configuration = folder.load(plugins: [folder.path + "/p1", folder.path + "/p2"])
    #expect(configuration.ready.map(\.process.command) == [folder.path + "/p1/echo/first"])
    #expect(
      configuration.diagnostics.map(\.description) == [
        "\(folder.path)/gateway.yaml:1:17: the plugin 'none' is not installed; looked for "
          + "'\(folder.path)/p1/none/manifest.yaml', '\(folder.path)/p2/none/manifest.yaml'"
      ])
    #expect(configuration.isUsable)
  }

  @Test func `a plugin without a service name has the name it is enabled by`() {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", "plugins: [echo]")
    folder.write("p/echo/manifest.yaml", process(""))
    #expect(folder.load(plugins: [folder.path + "/p"]).ready.map(\.name) == ["echo"])
  }

  @Test func `a missing folder is empty unless somebody named it`() {
    let nowhere = ConfigurationFolder().path + "/nowhere"
    let fallback = Configuration.load(directory: nowhere, isExplicit: false, environment: [:])
    #expect(fallback.isUsable && fallback.services.isEmpty && fallback.diagnostics.isEmpty)
    let named = Configuration.load(directory: nowhere, isExplicit: true, environment: [:])
    #expect(!named.isUsable)
    #expect(named.diagnostics.map(\.description) == ["\(nowhere): the folder does not exist"])
    let empty = ConfigurationFolder().load()
    #expect(empty.isUsable && empty.services.isEmpty)
  }

  @Test func `a file in place of a folder is an error`() {
    let folder = ConfigurationFolder()
    let file = folder.write("file", "x")
    for isExplicit in [true, false] {
      let configuration = Configuration.load(
        directory: file, isExplicit: isExplicit, environment: [:])
      #expect(configuration.diagnostics.map(\.message) == ["the folder is not a folder"])
      #expect(!configuration.isUsable)
    }
    folder.write("manifests", "x")
    #expect(folder.load().diagnostics.map(\.message) == ["the folder is not a folder"])
  }

  @Test func `single files can be checked wherever they lie`() {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", "deadlines: {absolute: 90s}")
    folder.write("secrets/key", "x")
    let good = folder.write("else/good.yaml", process("  env: {K: '${secret:key}'}"))
    let bad = folder.write("else/bad.yaml", process("limits: {timeout: 2m}"))
    let other = folder.write("else/gateway.yaml", "limits: {page: x}")
    let configuration = Configuration.check(
      files: [good, bad, other, folder.path + "/none.yaml"], directory: folder.path,
      environment: [:])
    #expect(configuration.ready.map(\.name) == ["good"])
    #expect(configuration.diagnostics.map(\.file) == [other, bad, folder.path + "/none.yaml"])
  }

  /// In a process of its own: the tests beside it open descriptors too.
  @Test func `loading opens nothing that stays open`() async {
    await #expect(processExitsWith: .success) {
      let folder = ConfigurationFolder().manifest("a", process("")).manifest("b", "[")
      _ = folder.load()
      let before = open("/dev/null", O_RDONLY | O_CLOEXEC)
      close(before)
      for _ in 0..<50 { _ = folder.load() }
      let after = open("/dev/null", O_RDONLY | O_CLOEXEC)
      close(after)
      #expect(after == before)
    }
  }

  @Test
  func `M21: a file that leads to itself or nowhere takes itself down, and no files are none`() {
    let folder = ConfigurationFolder().manifest("good", process(""))
    symlink("loop.yaml", folder.path + "/manifests/loop.yaml")
    symlink("nowhere/at/all.yaml", folder.path + "/manifests/broken.yaml")
    let configuration = folder.load()
    #expect(configuration.ready.map(\.name) == ["good"])
    #expect(configuration.services.map(\.name) == ["broken", "good", "loop"])
    #expect(configuration.diagnostics.count == 2, "\(configuration.diagnostics)")
    let empty = ConfigurationFolder()
    mkdir(empty.path + "/manifests", 0o700)
    #expect(empty.load().services.isEmpty && empty.load().diagnostics.isEmpty)
  }

  @Test func `M21: a plugin is looked for in the folders of plugins and nowhere else`() {
    let folder = ConfigurationFolder().manifest("good", process(""))
    folder.write("gateway.yaml", "plugins: [../manifests/good]\n")
    #expect(!folder.load().isUsable)
    folder.write("gateway.yaml", "plugins: [nobody]\n")
    #expect(folder.load().diagnostics.count == 1)
  }

  @Test func `M12: a thousand manifests load within two seconds`() {
    let folder = ConfigurationFolder()
    for index in 0..<1_000 { folder.manifest("s\(index)", process("  args: [a, b, c]")) }
    let took = Promptness.time(under: .seconds(2)) { #expect(folder.load().ready.count == 1_000) }
    #expect(took < .seconds(2))
  }
}
