import CommandTesting
import Glibc
import RawJSON
import TestSupport
import Testing

/// `switchyard prepare`, with a python that makes environments of nothing, and once with a real one.
@Suite struct PrepareTests {
  private let home: DemoHome

  init() throws {
    home = try DemoHome()
    let script = """
      #!/bin/sh
      if [ "$2" = venv ]; then
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp /bin/true "$3/bin/tool"
        exit
      fi
      case "$*" in *bad*) echo no such package; exit 1;; esac

      """
    try home.folder.write(script, to: "python", mode: 0o700)
  }

  private func write(_ name: String, _ packages: String, _ more: String = "") throws {
    try home.write(
      """
      process:
        command: tool
        python: {interpreter: \(home.folder.path)/python, packages: [\(packages)]\(more)}

      """, to: name + ".yaml")
  }

  private func states() throws -> [String] {
    let run = try home.run("status", "--json")
    let list = try JSONValue(parsing: Array(run.output.utf8))["services"]?.arrayValue ?? []
    return list.map { "\($0["name"]?.stringValue ?? "") \($0["state"]?.stringValue ?? "")" }
  }

  private func codes() throws -> [String] {
    let run = try home.run("doctor", "--json")
    let list = try JSONValue(parsing: Array(run.output.utf8))["findings"]?.arrayValue ?? []
    return list.compactMap { $0["code"]?.stringValue }.filter { $0 != "client-unregistered" }
  }

  @Test func `what is not built is told, built, and used`() throws {
    try write("a", "one==1")
    #expect(try states() == ["a not-built", "demo on"])
    #expect(try codes() == ["environment-missing"])
    let check = try home.run("check")
    #expect(check.code == 0 && check.output.contains("not built yet"), "\(check.output)")
    #expect(check.output.contains("2 of 2 services ready, 1 warning"), "\(check.output)")
    let first = try home.run("prepare")
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.output.hasPrefix("a: built, \(home.folder.path)/.local/state/switchyard/python/"))
    #expect(first.errors == "a: making a virtual environment\na: installing 1 package\n")
    // The command is found in the environment, and nowhere else.
    #expect(try states() == ["a on", "demo on"])
    #expect(try codes() == [])
    let second = try home.run("prepare", "a")
    #expect(second.code == 0 && second.output.hasPrefix("a: was built already, "))
    #expect(second.errors.isEmpty)
  }

  @Test func `one that fails does not keep the others from being built`() throws {
    try write("a", "bad")
    try write("b", "good")
    let run = try home.run("prepare")
    #expect(run.code == 1)
    #expect(run.output.hasPrefix("b: built, "))
    #expect(run.errors.contains("Its last words: no such package"), "\(run.errors)")
    #expect(try states() == ["a not-built", "b on", "demo on"])
    #expect(try home.run("prepare", "none").errors.contains("there is no service 'none'"))
    #expect(try home.run("prepare", "demo").errors.contains("has no process.python"))
    #expect(try home.run("prepare", "--clean", "a").code == 2)
  }

  @Test func `a lock file that is missing is an error until it is written`() throws {
    try write("a", "one", ", lock: a.lock")
    #expect(try codes() == ["lock-missing"])
    let run = try home.run("prepare")
    #expect(run.code == 1 && run.errors.contains("switchyard prepare --lock"), "\(run.errors)")
    try write("b", "one")
    #expect(try home.run("prepare", "b", "--lock").errors.contains("write lock: b.lock under"))
  }

  @Test func `what no manifest needs is told and removed, but not while one cannot be read`() throws
  {
    try write("a", "one")
    #expect(try home.run("prepare").code == 0)
    try write("a", "two")
    #expect(try codes() == ["environment-missing", "environment-unused"])
    try home.write("process: {comand: x}\n", to: "broken.yaml")
    let refused = try home.run("prepare", "--clean")
    #expect(refused.code == 1 && refused.errors.contains("'broken' is off"), "\(refused.errors)")
    unlink(home.configuration + "/manifests/broken.yaml")
    let run = try home.run("prepare", "--clean")
    #expect(run.code == 0 && run.output.hasPrefix("removed \(home.folder.path)/"))
    #expect(try home.run("prepare", "--clean").output == "nothing is unused\n")
    #expect(try codes() == ["environment-missing"])
  }

  @Test func `S24: the doctor looks at programs as a start does`() throws {
    let path = try home.folder.write("#!/bin/sh\n", to: "program", mode: 0o755)
    func manifest(_ digest: String) throws {
      try home.write("process: {command: \(path), sha256: \(digest)}\n", to: "a.yaml")
    }
    try manifest("a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf")
    #expect(try codes() == [])
    chmod(path, 0o757)
    #expect(try codes() == ["program-exposed"])
    chmod(path, 0o755)
    try manifest(String(repeating: "1", count: 64))
    #expect(try codes() == ["program-changed"])
  }

  // MARK: A real python

  /// Writes two packages, one of which needs the other, as wheels.
  private static let wheels = """
    import sys, zipfile
    def wheel(name, version, code, needs):
        info = f"{name}-{version}.dist-info/"
        files = {
            f"{name}.py": code,
            info + "METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n" + needs,
            info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            info + "entry_points.txt": f"[console_scripts]\\n{name}={name}:main\\n",
        }
        record = "".join(f"{file},,\\n" for file in files) + info + "RECORD,,\\n"
        with zipfile.ZipFile(f"{sys.argv[1]}/{name}-{version}-py3-none-any.whl", "w") as file:
            for path, text in files.items(): file.writestr(path, text)
            file.writestr(info + "RECORD", record)
    server = '''
    import json, sys, tinyneed
    def main():
        for line in sys.stdin:
            message = json.loads(line)
            method, answer = message.get("method"), None
            if method == "initialize":
                answer = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                          "serverInfo": {"name": "tiny", "version": "1"}}
            elif method == "tools/list":
                answer = {"tools": [{"name": "where", "inputSchema": {"type": "object"}}]}
            elif method == "tools/call":
                answer = {"content": [{"type": "text", "text": sys.prefix + tinyneed.WORD}]}
            if answer is None or "id" not in message: continue
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}), flush=True)
    '''
    wheel("tinyserver", "1.0", server, "Requires-Dist: tinyneed\\n")
    wheel("tinyneed", "2.0", "WORD = ' works'\\ndef main(): pass\\n", "")

    """

  @Test func `a real python installs a package and what it needs from files, and it runs`() throws {
    let folder = home.folder
    try folder.makeFolder("wheels")
    let script = try folder.write(Self.wheels, to: "wheels.py")
    guard try Self.python(["-c", "import ensurepip, venv"]) == 0 else {
      return print("skipped: python3 makes no virtual environments here (install python3-venv)")
    }
    try #require(try Self.python([script, folder.path + "/wheels"]) == 0)
    try home.write(
      """
      process:
        command: tinyserver
        protocol: legacy
        python: {packages: [tinyserver==1.0], find_links: \(folder.path)/wheels}

      """, to: "tiny.yaml")
    let call = try home.run("call", "tiny_where")
    #expect(call.code == 0, "\(call.errors)")
    let environments = folder.path + "/.local/state/switchyard/python/"
    #expect(
      call.output.contains(environments) && call.output.contains(" works"), "\(call.output)")
  }

  private static func python(_ arguments: [String]) throws -> Int32 {
    var words: [UnsafeMutablePointer<CChar>?] =
      (["python3"] + arguments).map { (text: String) in strdup(text) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/usr/bin/python3", nil, nil, &words, &variables)
    guard code == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
