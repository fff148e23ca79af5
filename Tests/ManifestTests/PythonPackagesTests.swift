import Manifest
import TestSupport
import Testing

/// `process.python`, `process.sha256`, and manifests that do not say which kind of service they are.
@Suite struct PythonPackagesTests {
  private func process(_ text: String) throws -> ProcessSpec {
    let entry = service("process: {command: x, \(text)}")
    return try #require(entry.manifest?.process, "\(entry.reasons)")
  }

  @Test func `packages come with the defaults of the reference`() throws {
    let python = try process("python: {packages: [a==1, 'b[x]>=2; python_version<\"4\"']}").python
    #expect(python.requirements == ["a==1", "b[x]>=2; python_version<\"4\""])
    #expect(python.lock.isEmpty && python.index.isEmpty && python.links.isEmpty)
    #expect(python.interpreter == "python3" && python.timeout == .seconds(600))
    #expect(python.folder == nil && !python.isBuilt)
    #expect(try !process("idle: 5m").usesPython)
  }

  @Test func `paths count from the manifest's folder`() throws {
    let folder = ConfigurationFolder().manifest(
      "it",
      "process: {command: x, python: {packages: [a], lock: ./it.lock, interpreter: bin/python, "
        + "find_links: ../wheels}}")
    let python = try #require(folder.load().ready.first?.process.python)
    let place = folder.path + "/manifests"
    #expect(python.lock == place + "/it.lock" && python.interpreter == place + "/bin/python")
    #expect(python.links == place + "/../wheels")
    let page = try process("python: {packages: [a], find_links: 'https://x/'}").python
    #expect(page.links == "https://x/")
  }

  @Test(
    arguments: ["-r x", "--index-url=x", "/tmp/x", ".", "a\\nb", " a", ""])
  func `what could be an option, a path or a line of its own is no package`(text: String) {
    let found = complaints("process: {command: x, python: {packages: [\"\(text)\"]}}")
    #expect(found.count == 1 && found[0].contains("process.python.packages.1"), "\(found)")
  }

  @Test func `there is at least one package`() {
    #expect(
      complaints("process: {command: x, python: {packages: []}}")
        == ["1:42: 'process.python.packages' must name at least one package"])
    #expect(
      complaints("process: {command: x, python: {lock: x}}")
        == ["1:31: 'packages' is missing in 'process.python'"])
  }

  @Test func `secrets are for nothing that ps shows`() {
    let found = complaints(
      "process: {command: x, python: {packages: [a], index: '${secret:x}'}}")
    #expect(found.count == 1 && found[0].contains("must not hold the secret 'x'"), "\(found)")
  }

  @Test func `S24: a digest has 64 hexadecimal digits`() throws {
    let digest = String(repeating: "aB", count: 32)
    #expect(try process("sha256: \(digest)").sha256 == digest.lowercased())
    for text in ["abc", digest + "0", String(repeating: "g", count: 64)] {
      let found = complaints("process: {command: x, sha256: \(text)}")
      #expect(found.count == 1 && found[0].contains("must be 64 hexadecimal digits"), "\(found)")
    }
  }

  @Test func `a manifest without a kind of service is told which kinds there are`() {
    #expect(complaints("service: x") == ["1:1: one of 'process', 'http' and 'rest' is missing"])
    #expect(
      complaints("servic: x") == [
        "1:1: unknown key 'servic'; did you mean 'service'? (known keys: service, description, "
          + "enabled, process, http, rest, tools, resources, asks, after, priority, methods, "
          + "limits, group, sticky, health)",
        "1:1: one of 'process', 'http' and 'rest' is missing",
      ])
    #expect(
      complaints("http: {url: 'https://x.example'}\nrest: {url: 'https://x.example'}")
        == ["1:1: a service has one of 'process', 'http' and 'rest', and not two"])
  }

  @Test func `an environment that is not built is told before anything else`() throws {
    let folder = try TemporaryFolder()
    var process = try process("python: {packages: [a], lock: none.lock}")
    process.python.folder = folder.path
    #expect(process.trouble(inherited: [:]) == .noLock(process.python.lock))
    process.python.lock = ""
    #expect(process.trouble(inherited: [:]) == .notBuilt)
    try folder.write("", to: "bin/python", mode: 0o700)
    try folder.write("", to: PythonPackages.seal)
    #expect(!process.python.isBuilt)
    let mark = try #require(PythonPackages.mark(ofInterpreterIn: folder.path))
    try folder.write(mark, to: PythonPackages.seal)
    #expect(process.python.isBuilt)
    #expect(process.trouble(inherited: [:]) == .notInPath("x"))
    // A program of the environment is found before others, and its PATH begins with it.
    try folder.write("", to: "bin/x", mode: 0o700)
    #expect(process.searchPath(inherited: ["PATH": "/bin"]) == folder.path + "/bin:/bin")
    process.directory = "/"
    #expect(process.trouble(inherited: [:]) == nil)
  }
}
