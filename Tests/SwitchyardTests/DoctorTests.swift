import CommandTesting
import Glibc
import Harness
import Loop
import RawJSON
import TestSupport
import Testing

/// `switchyard doctor`: what it finds, in folders in which something is wrong on purpose.
@Suite struct DoctorTests {
  /// Codes with their services, as `code service`.
  private func findings(_ home: DemoHome) throws -> (code: Int32, found: [String]) {
    let run = try home.run("doctor", "--json")
    let list = try JSONValue(parsing: Array(run.output.utf8))["findings"]?.arrayValue ?? []
    let found = list.map { finding in
      let service = finding["service"]?.stringValue.map { " " + $0 } ?? ""
      return (finding["code"]?.stringValue ?? "") + service
    }
    return (run.code, found.filter { $0 != "client-unregistered" })
  }

  @Test func `a good folder has nothing that is wrong`() throws {
    let home = try DemoHome()
    let (code, found) = try findings(home)
    #expect(code == 0 && found == [], "\(found)")
    let run = try home.run("doctor")
    #expect(run.output.contains("  demo  on"))
    #expect(run.output.hasSuffix("1 note\n"), "\(run.output)")
  }

  @Test func `each reason why a service cannot run has its code`() throws {
    let home = try DemoHome()
    let path = home.configuration
    try home.folder.write("#!/no/such/python\n", to: "script", mode: 0o700)
    try home.folder.write("x", to: "plain")
    try home.folder.write("no certificate", to: "ca.pem")
    let tools = "tools: {get_it: {description: Gets it., get: /x}}"
    for (name, text) in [
      ("gone", "process: {command: no-such-command}"),
      ("interpreted", "process: {command: \(home.folder.path)/script}"),
      ("plain", "process: {command: \(home.folder.path)/plain}"),
      ("homeless", "process: {command: /bin/sh, directory: /no/such/folder}"),
      ("variable", "process: {command: \"${env:NOT_SET_HERE}\"}"),
      ("secret", "process: {command: x, env: {A: \"${secret:none}\"}}"),
      ("broken", "process: {comand: x}"),
      ("api", "rest: {url: \"http://127.0.0.1:9\"}\n" + tools),
      ("remote", "http: {url: \"http://localhost:9/mcp\"}"),
      (
        "trusting",
        "rest: {url: \"https://127.0.0.1:9\", connections: {ca_file: \(home.folder.path)/ca.pem}}\n"
          + tools
      ),
    ] {
      try home.write(text + "\n", to: name + ".yaml")
    }
    let (code, found) = try findings(home)
    #expect(code == 1)
    for expected in [
      "command-missing gone", "interpreter-missing interpreted", "command-not-executable plain",
      "directory-missing homeless", "variable-missing variable", "secret-missing secret",
      "manifest-broken broken", "port-closed api", "port-closed remote",
      "certificate-unusable trusting",
    ] {
      #expect(found.contains(expected), "\(expected) in \(found) of \(path)")
    }
  }

  @Test func `interpreters that are too old are told with their version`() throws {
    let home = try DemoHome()
    for (name, version) in [("node", "v16.20.1"), ("python3", "Python 3.9.2")] {
      try home.folder.write("#!/bin/sh\necho \(version)\n", to: "bin/" + name, mode: 0o700)
    }
    try home.folder.write("#!/usr/bin/env node\n", to: "bin/server.js", mode: 0o700)
    let path = "env: {PATH: \"\(home.folder.path)/bin:/usr/bin:/bin\"}"
    try home.write("process: {command: server.js, \(path)}\n", to: "a.yaml")
    try home.write("process: {command: python3, args: [x.py], \(path)}\n", to: "b.yaml")
    let (code, found) = try findings(home)
    #expect(code == 10)
    #expect(found == ["node-too-old a", "python-too-old b"])
    try home.folder.write("#!/bin/sh\necho v22.1.0\n", to: "bin/node", mode: 0o700)
    try home.folder.write("#!/bin/sh\necho Python 3.10.0\n", to: "bin/python3", mode: 0o700)
    #expect(try findings(home).found == [])
  }

  @Test(arguments: ["/manifests/demo.yaml", "/manifests", ""])
  func `M17: a manifest, or a folder of manifests, that everybody may change is refused`(
    path: String
  ) throws {
    let home = try DemoHome()
    #expect(try findings(home).found == [])
    let isFile = path.hasSuffix(".yaml")
    chmod(home.configuration + path, isFile ? 0o606 : 0o703)
    let (code, found) = try findings(home)
    #expect(code == 1 && found == [isFile ? "file-refused demo" : "file-refused"], "\(found)")
    let check = try home.run("check")
    #expect(check.code == 1 && check.output.contains("can be changed by others; run chmod go-w"))
    // Whoever names the folder has looked at it.
    let named = try home.run("doctor", "--json", "--config", home.configuration).output
    let list = try JSONValue(parsing: Array(named.utf8))["findings"]?.arrayValue ?? []
    #expect(list.map { $0["code"] }.contains("file-permissions"), "\(named)")
    #expect(!list.map { $0["code"] }.contains("file-refused"), "\(named)")
  }

  @Test func `mistakes in gateway.yaml, permissions and an empty folder`() throws {
    let home = try DemoHome()
    try home.folder.write("nonsense: 1\n", to: ".config/switchyard/gateway.yaml")
    chmod(home.configuration + "/manifests/demo.yaml", 0o666)
    #expect(try findings(home).found == ["settings-broken", "file-refused demo"])
    unlink(home.configuration + "/gateway.yaml")
    unlink(home.configuration + "/manifests/demo.yaml")
    let (code, found) = try findings(home)
    #expect(code == 0 && found == ["nothing-configured"])
  }

  @Test func `what was left behind and what was switched off is told`() throws {
    let home = try DemoHome()
    let state = home.folder.path + "/.local/state/switchyard"
    #expect(try home.run("disable", "demo").code == 0)
    let off = "demo  switched-off  'switchyard enable demo' brings it back\n"
    #expect(try home.run("status").output.contains(off))
    #expect(try home.run("list", "services").output == off)
    // A socket that nobody listens at.
    let address = state + "/gateway-1-1.socket"
    close(try LocalSocket.listen(at: address))
    let (code, found) = try findings(home)
    #expect(code == 0)
    #expect(found == ["stale-socket", "service-switched-off demo"])
  }

  @Test func `a login that a gateway cannot use is told, with the reason`() throws {
    let home = try DemoHome()
    let url = "https://far.example/mcp"
    try home.write("http: {url: \"\(url)\"}\n", to: "far.yaml")
    for name in [".local", ".local/state", ".local/state/switchyard"] {
      try home.folder.makeFolder(name)
    }
    try home.folder.makeFolder(".local/state/switchyard/logins")
    let file = ".local/state/switchyard/logins/far.json"
    #expect(try findings(home).found == [])
    let here =
      "{\"service\": \"\(url)\", \"resource\": \"\(url)\", \"issuer\": \"https://far.example\", "
      + "\"token_endpoint\": \"https://far.example/token\", \"client_id\": \"x\", "
      + "\"client_authentication\": \"none\", \"token\": \"t0ken\", \"expires\": 1"
    let inKeyring =
      "{\"keyring\": \"secret-tool\", \"service\": \"\(url)\", \"bus\": \"unix:path=/no/bus\"}"
    for (text, mode, why) in [
      (here + "}", 0o600, "the login is over"),
      (here + ", \"refresh_token\": \"r\"}", 0o600, nil),
      (here + "}", 0o644, "is not a file of its owner's alone"),
      ("{}", 0o600, "far.json holds no login"),
      (inKeyring.replacing("mcp", with: "other"), 0o600, "is for another address"),
      (inKeyring, 0o600, "the keyring "),
    ] as [(String, mode_t, String?)] {
      unlink(home.folder.path + "/" + file)
      try home.folder.write(text, to: file, mode: mode)
      let run = try home.run("doctor")
      #expect(run.output.contains("login-unusable") == (why != nil), "\(run.output)")
      #expect(!run.output.contains("t0ken"))
      if let why { #expect(run.output.contains(why), "\(run.output)") }
    }
  }

  @Test func `too many tools for a client in which the gateway is registered`() throws {
    let home = try DemoHome()
    let tools = (0..<41).map { "  tool_\($0): {description: One., get: /\($0)}\n" }.joined()
    try home.write(
      "rest: {url: \"https://api.example.com\"}\ntools:\n" + tools, to: "api.yaml")
    try home.folder.write(
      #"{"mcpServers": {"x": {"command": "/opt/switchyard-gateway"}}}"#, to: ".cursor/mcp.json")
    let (code, found) = try findings(home)
    #expect(code == 10 && found == ["too-many-tools"], "\(found)")
  }

  @Test func `a client's file that nobody can read is told`() throws {
    let home = try DemoHome()
    try home.folder.write("{\n \"mcpServers\": {", to: ".cursor/mcp.json")
    let (code, found) = try findings(home)
    #expect(code == 10 && found == ["client-unreadable"], "\(found)")
    let text = try home.run("doctor").output
    #expect(
      text.contains("  Cursor: \(home.folder.path)/.cursor/mcp.json:2:16: the object"), "\(text)")
  }

  @Test func `what an earlier gateway saw is told until it runs again or is changed`() throws {
    let home = try DemoHome()
    let demo = Sibling.path(of: "switchyard-demo")
    let script = try home.folder.write(
      "#!/bin/sh\n[ -e \"$0.ok\" ] && exec \(demo)\nexit 7\n", to: "service", mode: 0o700)
    try home.write("process: {command: \(script)}\n", to: "frail.yaml")
    #expect(try findings(home).found == [])
    #expect(try home.run("list").errors.contains("'frail' ended before it was ready"))
    #expect(try findings(home) == (10, ["service-was-down frail"]))
    #expect(try home.run("doctor").output.contains("  frail: down (cannot_start) since 20"))

    // Whoever has changed the manifest may have mended it.
    let file = home.configuration + "/manifests/frail.yaml"
    var past = [timespec(), timespec()]
    clock_gettime(CLOCK_REALTIME, &past[1])
    past[1].tv_sec += 60
    utimensat(AT_FDCWD, file, &past, 0)
    #expect(try findings(home).found == [])
    past[1].tv_sec -= 3_600
    utimensat(AT_FDCWD, file, &past, 0)
    #expect(try findings(home).found == ["service-was-down frail"])

    // The next gateway notes that it does well, though it was merely asleep there before.
    try home.folder.write("", to: "service.ok")
    #expect(try home.run("list").output.contains("frail_add"))
    #expect(try findings(home).found == [])
  }

  @Test func `names that are too long or taken are told`() throws {
    let home = try DemoHome()
    func api(_ name: String, _ tool: String) throws {
      try home.write(
        """
        rest: {url: "https://api.example.com"}
        tools:
          \(tool): {description: One., get: /x}

        """, to: name + ".yaml")
    }
    try api("long", String(repeating: "x", count: 60))
    try api("one", "two_x")
    try api("one_two", "x")
    let (code, found) = try findings(home)
    #expect(code == 1 && found == ["name-taken", "name-too-long long"], "\(found)")
  }

  @Test func `the page has a section for every code, with the words of the command`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(decoding: SmallFile.bytes(of: root + "/docs/errors.md"), as: UTF8.self)
    let sections = Self.sections(of: page)
    let all = try CommandRun(["doctor", "--explain", "all"])
    #expect(all.code == 0)
    let told = Self.sections(of: all.output)
    #expect(!told.isEmpty && sections == told)
    let one = try CommandRun(["doctor", "--explain", "crash-loop"])
    #expect(one.output.hasPrefix("## crash-loop\n"))
    #expect(try CommandRun(["doctor", "--explain", "nonsense"]).code == 2)
  }

  /// From each heading of the second level to the next.
  private static func sections(of page: String) -> [[Substring]] {
    var sections: [[Substring]] = []
    for line in page.split(separator: "\n") {
      if line.hasPrefix("## ") { sections.append([]) }
      if !sections.isEmpty { sections[sections.count - 1].append(line) }
    }
    return sections
  }
}
