import Glibc
import Manifest
import Provision
import TestSupport
import Testing

/// How environments are made, with a python that takes no time.
@Suite struct EnvironmentTests {
  private func failure(of fake: FakePython) -> String {
    do throws(EnvironmentFailure) {
      _ = try fake.build()
      return ""
    } catch {
      return error.description
    }
  }

  @Test func `an environment is made once and is whole when it has its seal`() throws {
    let fake = try FakePython()
    #expect(!fake.python.isBuilt)
    let first = try fake.build()
    #expect(first.isNew && fake.python.isBuilt)
    #expect(first.steps == ["making a virtual environment", "installing 1 package"])
    let second = try fake.build()
    #expect(!second.isNew && second.steps.isEmpty)
    #expect(
      fake.asked == [
        "-m venv ENV",
        "-m pip --disable-pip-version-check --no-input install --quiet tiny==1.0",
      ])
    var status = stat()
    #expect(stat(PythonPackages.shelf(in: fake.state), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test func `packages from a folder come from nowhere else unless an index is named`() throws {
    var fake = try FakePython(pip: #"echo "$PIP_INDEX_URL $PIP_TARGET" >> "${0%/*}/index""#)
    fake.environment["PIP_TARGET"] = "/elsewhere"
    fake.python.links = "/files"
    fake.place()
    _ = try fake.build()
    #expect(fake.asked.last?.hasSuffix("--no-index --find-links /files tiny==1.0") == true)
    fake.python.index = "https://user:word@packages.example/simple"
    fake.place()
    _ = try fake.build()
    #expect(fake.asked.last?.hasSuffix("--quiet --find-links /files tiny==1.0") == true)
    // `ps` shows arguments to everybody.
    #expect(!fake.asked.joined().contains("packages.example"))
    let folder = try #require(fake.python.folder)
    let name = String(folder.dropFirst(fake.folder.path.utf8.count + 1))
    #expect(
      fake.folder.read(name + "/bin/index") == "https://user:word@packages.example/simple \n")
  }

  @Test func `a lock file is what is installed, and is checked to be enough`() throws {
    var fake = try FakePython()
    fake.python.lock = try fake.folder.write("tiny==1.0\n", to: "tiny.lock")
    fake.place()
    _ = try fake.build()
    #expect(fake.asked[1].hasSuffix("install --quiet --no-deps -r ENV/switchyard.lock"))
    #expect(fake.asked[2].hasSuffix("install --quiet --no-index tiny==1.0"))
    var lacking = try FakePython(pip: #"case "$*" in *--no-index*) echo not there; exit 1;; esac"#)
    lacking.python.lock = try lacking.folder.write("other==1.0\n", to: "tiny.lock")
    lacking.place()
    let why = failure(of: lacking)
    #expect(why.contains("the lock file does not hold what the packages need"), "\(why)")
    #expect(why.contains("not there"), "\(why)")
    unlink(lacking.python.lock)
    #expect(failure(of: lacking).contains("switchyard prepare --lock"))
  }

  @Test func `a failure quotes the last lines, and leaves nothing behind`() throws {
    let fake = try FakePython(
      pip: #"for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; printf 'no \033[31mmatch'; exit 3"#)
    let why = failure(of: fake)
    #expect(why.contains("it ended with 3. Its last words: line 2 | line 3"), "\(why)")
    #expect(why.contains("line 9 | no ") && !why.utf8.contains(0x1B), "\(why)")
    let folder = try #require(fake.python.folder)
    #expect(access(folder, F_OK) != 0)
    #expect(!fake.python.isBuilt)
  }

  @Test func `what takes too long is ended`() throws {
    var fake = try FakePython(pip: "echo begun; exec sleep 600")
    fake.python.timeout = .seconds(2)
    let why = failure(of: fake)
    #expect(why.contains("it was stopped after 2.0 seconds"), "\(why)")
  }

  @Test func `without a python it is said what to install`() throws {
    var fake = try FakePython()
    fake.python.interpreter = "python-that-is-not"
    fake.place()
    #expect(failure(of: fake).contains("neither uv nor 'python-that-is-not' is in PATH"))
  }

  @Test func `uv is asked where there is one`() throws {
    let fake = try FakePython()
    let log = fake.folder.path + "/log"
    try fake.folder.write(
      """
      #!/bin/sh
      echo "uv $@" >> \(log)
      [ $1 = venv ] || exit 0
      shift 4
      mkdir -p "$1/bin" && cp /bin/true "$1/bin/python"

      """, to: "bin/uv", mode: 0o700)
    _ = try fake.build()
    #expect(
      fake.asked == [
        "uv venv --quiet --python /bin/python3 ENV",
        "uv pip install --quiet --python ENV/bin/python tiny==1.0",
      ])
  }

  @Test func `a lock file is written with what pip would install, and then installed`() throws {
    let report = #"{"install": [{"metadata": {"name": "tiny", "version": "1.0"}}]}"#
    var fake = try FakePython(
      pip: """
        while [ $# -gt 0 ]; do
          [ "$1" = --report ] && echo '\(report)' > "$2"
          shift
        done
        """)
    fake.python.requirements = ["tiny"]
    fake.python.lock = fake.folder.path + "/tiny.lock"
    fake.place()
    let builder = EnvironmentBuilder(fake.python, inherited: fake.environment) { _ in }
    #expect(try builder.writeLock() == 1)
    #expect(fake.folder.read("tiny.lock") == "tiny==1.0\n")
    let asked = fake.asked.last ?? ""
    #expect(asked.contains("install --quiet --dry-run --ignore-installed --report "), "\(asked)")
    #expect(asked.hasSuffix("/report.json tiny"), "\(asked)")
    // The environment in which pip was asked is gone, and none is built yet.
    let shelf = EnvironmentShelf(state: fake.state)
    #expect(shelf.unused(by: []) == [] && !fake.python.isBuilt)
    fake.place()
    #expect(try fake.build().isNew)
    let broken = try FakePython()
    let other = EnvironmentBuilder(broken.python, inherited: broken.environment) { _ in }
    #expect(throws: EnvironmentFailure("pip wrote no report; it must be 22.2 or newer")) {
      try other.writeLock()
    }
  }

  // MARK: One at a time

  @Test func `who comes second waits for the first, at most as long as its own time`() throws {
    var fake = try FakePython()
    fake.python.timeout = .seconds(1)
    mkdir(fake.state, 0o700)
    mkdir(PythonPackages.shelf(in: fake.state), 0o700)
    let folder = try #require(fake.python.folder)
    let lock = open(folder + ".lock", O_RDWR | O_CREAT, 0o600)
    defer { close(lock) }
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    _ = write(lock, "4711 1\n", 7)
    #expect(failure(of: fake) == "process 4711 makes it and does not come to an end")
    #expect(fake.asked.isEmpty)
    flock(lock, LOCK_UN)
    fake.python.timeout = .seconds(60)
    #expect(try fake.build().isNew)
  }

  @Test func `what somebody left behind who died holds nobody up and is not used`() throws {
    let fake = try FakePython()
    mkdir(fake.state, 0o700)
    let folder = try #require(fake.python.folder)
    let name = String(folder.dropFirst(fake.folder.path.utf8.count + 1))
    // A lock file that nobody holds, and half an environment.
    try fake.folder.write("4711 1\n", to: name + ".lock")
    try fake.folder.write("#!/bin/sh\n", to: name + "/bin/python", mode: 0o700)
    try fake.folder.write("half", to: name + "/lib/half")
    #expect(!fake.python.isBuilt)
    #expect(try fake.build().isNew)
    #expect(access(folder + "/lib/half", F_OK) != 0)
    #expect(fake.folder.read(name + ".lock").isEmpty)
  }

  @Test func `an environment whose python is gone is made anew`() throws {
    let fake = try FakePython()
    _ = try fake.build()
    unlink((fake.python.folder ?? "") + "/bin/python")
    #expect(!fake.python.isBuilt)
    #expect(try fake.build().isNew)
    // So is one whose python was replaced by another version.
    let python = try #require(fake.python.folder) + "/bin/python"
    let descriptor = open(python, O_WRONLY | O_APPEND)
    _ = write(descriptor, "# newer\n", 8)
    close(descriptor)
    #expect(!fake.python.isBuilt)
    #expect(try fake.build().isNew && fake.python.isBuilt)
  }

  // MARK: Names

  @Test func `whatever an environment follows from changes its place`() throws {
    var fake = try FakePython()
    fake.python.lock = try fake.folder.write("a==1\n", to: "a.lock")
    fake.place()
    var places: Set<String?> = [fake.python.folder]
    func moves(_ change: (inout FakePython) throws -> Void) rethrows -> Bool {
      var other = fake
      try change(&other)
      other.place()
      return places.insert(other.python.folder).inserted
    }
    #expect(moves { $0.python.requirements.append("b") })
    #expect(moves { $0.python.requirements = ["tiny==", "1.0"] })
    #expect(moves { $0.python.index = "https://packages.example" })
    #expect(moves { $0.python.links = "/files" })
    #expect(moves { $0.python.interpreter = "sh" })
    #expect(try moves { try $0.folder.write("a==2\n", to: "a.lock") })
    #expect(!moves { $0.python.timeout = .seconds(5) })
  }

  @Test func `an order comes back as it was given`() throws {
    var fake = try FakePython()
    fake.python.lock = "/a.lock"
    fake.python.index = "https://x"
    fake.python.links = "/links"
    #expect(PythonPackages(order: fake.python.order) == fake.python)
    fake.python.folder = nil
    #expect(PythonPackages(order: fake.python.order) == nil)
    for report in [EnvironmentReport.step("a b"), .failed("c")] {
      #expect(EnvironmentReport(line: report.line.dropLast()) == report)
    }
  }

  // MARK: What is not needed

  @Test func `what no manifest needs is told, but for what somebody makes`() throws {
    let fake = try FakePython()
    _ = try fake.build()
    let shelf = EnvironmentShelf(state: fake.state)
    let folder = try #require(fake.python.folder)
    var configuration = Configuration()
    var manifest = ServiceManifest(name: "a", file: "a.yaml")
    manifest.process.python = fake.python
    configuration.services = [ServiceEntry(name: "a", file: "a.yaml", state: .ready(manifest))]
    #expect(shelf.unused(by: [configuration]) == [])
    #expect(shelf.unused(by: []) == [folder])
    let lock = open(folder + ".lock", O_RDWR)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    #expect(shelf.unused(by: []) == [])
    #expect(!shelf.remove(folder) && fake.python.isBuilt)
    close(lock)
    #expect(shelf.remove(folder) && access(folder, F_OK) != 0)
    #expect(access(folder + ".lock", F_OK) != 0)
  }
}
