import Glibc
import Manifest
import TestSupport
import Testing

@Suite struct ComplaintTests {
  @Test func `all mistakes of a file are told at once, each with its place`() {
    let text = """
      service: bad name
      priorty: 70
      process:
        comand: x
        start: sometimes
        idle: 5
        limits: { memory: 5MB }
      limits: { concurrent: 0, timeout: -1s }
      """
    #expect(
      complaints(text) == [
        "1:10: 'service' may only contain A-Z, a-z, 0-9, _ and -",
        "2:1: unknown key 'priorty'; did you mean 'priority'? (known keys: service, description, "
          + "enabled, process, tools, resources, asks, after, priority, methods, limits, group, "
          + "sticky, health)",
        "4:3: unknown key 'comand' in 'process'; did you mean 'command'? (known keys: command, "
          + "args, env, directory, start, idle, protocol, limits, sha256, python)",
        "5:10: 'process.start' must be one of on-demand, warm, always, not 'sometimes'",
        "6:9: 'process.idle' must be a time from 1s to 24h, such as 250ms, 5s, 5m or 1h, not '5'",
        "7:21: 'process.limits.memory' must be a size from 1MiB to 16384GiB, such as 64KiB or "
          + "512MiB, not '5MB'",
        "4:3: 'command' is missing in 'process'",
        "8:23: 'limits.concurrent' must be a whole number from 1 to 1000000, not '0'",
        "8:35: 'limits.timeout' must be a time from 1ms to 24h, such as 250ms, 5s, 5m or 1h, "
          + "not '-1s'",
      ])
  }

  @Test func `a description names the file`() throws {
    let entry = service("process: 5")
    let reason = try #require(entry.reasons.first)
    #expect(
      reason.description == "\(entry.file):1:10: 'process' must be a mapping with keys such as "
        + "command, args, env, directory, start, idle, protocol, limits, sha256, python")
  }

  @Test(arguments: [
    ("", "1:1: the file is empty"),
    ("# nothing", "1:1: the file is empty"),
    ("~", "1:1: the file is empty"),
    ("a\tb: [", "2:1: while parsing a flow node: did not find expected node content"),
    (
      "[a]",
      "1:1: the file must be a mapping with keys such as service, description, enabled, "
        + "process, http, rest, tools, resources, asks, after, priority, methods, limits, "
        + "group, sticky, health"
    ),
    (
      "process: {command: a}\n---\nb: c",
      "2:1: one document per file; remove everything from this '---'"
    ),
    ("process: {command: a}\nprocess: {}", "2:1: duplicate key 'process', first used at 1:1"),
    (
      "process: {command: !!binary eA==}",
      "1:20: the tag 'tag:yaml.org,2002:binary' is not "
        + "supported; leave it out"
    ),
  ])
  func `M01, M04: a file that is no mapping says so`(text: String, complaint: String) {
    #expect(complaints(text) == [complaint])
  }

  @Test func `M02: what is no small regular file is refused at once and harms nobody else`() {
    let folder = ConfigurationFolder().manifest("good", process(""))
    let manifests = folder.path + "/manifests"
    mkfifo(manifests + "/fifo.yaml", 0o600)
    symlink("/dev/zero", manifests + "/zero.yaml")
    symlink("/nowhere", manifests + "/broken.yaml")
    mkdir(manifests + "/folder.yaml", 0o700)
    folder.manifest("huge", "")
    truncate(manifests + "/huge.yaml", 50_000_000)
    var configuration = folder.load()
    let took = Promptness.time(under: .milliseconds(100)) { configuration = folder.load() }
    #expect(took < .milliseconds(100))
    #expect(
      configuration.services.map(\.name) == ["broken", "fifo", "folder", "good", "huge", "zero"])
    #expect(
      configuration.services.map { $0.reasons.first?.message } == [
        "the file does not exist", "the file is not a regular file",
        "the file is not a regular file", nil, "the file is larger than 1048576 bytes",
        "the file is not a regular file",
      ])
    #expect(configuration.ready.map(\.name) == ["good"])
    #expect(configuration.isUsable)
  }

  @Test func `S03: reserved prefixes are refused`() {
    for text in ["service: gateway", "service: tools", "tools: {prefix: gateway_x}"] {
      let found = complaints(process(text))
      #expect(found.count == 1 && found[0].contains("which is reserved"), "\(text)")
    }
    #expect(complaints(process("service: gateway2")).isEmpty)
    #expect(complaints(process("service: tools\ntools: {prefix: ''}")).isEmpty)
  }

  @Test func `two tools cannot be renamed to one`() {
    #expect(
      complaints(process("tools: {rename: {a: x, b: y, c: x}}")) == [
        "3:33: 'tools.rename' gives both 'a' and 'c' the name 'x'"
      ])
    #expect(
      complaints(process("tools: {rename: {a: 'x y'}}")) == [
        "3:21: 'tools.rename.a' may only contain A-Z, a-z, 0-9, _ and -"
      ])
  }

  @Test func `a timeout cannot be longer than what nothing extends`() {
    #expect(complaints(process("limits: {timeout: 15m}")).isEmpty)
    #expect(
      complaints(process("limits: {timeout: 16m}")) == [
        "3:19: 'limits.timeout' is longer than deadlines.absolute of gateway.yaml, 15m"
      ])
  }

  @Test func `a file name that is no service name needs another one`() throws {
    let folder = ConfigurationFolder().manifest("has space", process(""))
    let entry = try #require(folder.load().services.first)
    #expect(
      entry.reasons.first?.message == "the file's name gives the service the name 'has space', "
        + "which may only contain A-Z, a-z, 0-9, _ and -; give it another with 'service'")
    let named = ConfigurationFolder().manifest("has space", process("service: fine"))
    #expect(named.load().ready.map(\.name) == ["fine"])
  }

  @Test func `names are limited at 32 bytes and prefixes at 33`() {
    let name = String(repeating: "n", count: 32)
    #expect(complaints(process("service: \(name)")).isEmpty)
    #expect(complaints(process("service: \(name)n")).count == 1)
    #expect(complaints(process("tools: {prefix: \(name)_}")).isEmpty)
    #expect(complaints(process("tools: {prefix: \(name)n_}")).count == 1)
  }

  @Test func `S14: nothing in a message can reach the terminal`() {
    let folder = ConfigurationFolder()
    folder.write(
      "manifests/e\u{1B}[2J.yaml", "\"k\\e]52;c;eA==\\a\\u202E\": 1\nprocess: {start: \"\\x9b2J\"}")
    let text = folder.load().diagnostics.map(\.description).joined(separator: "\n")
    #expect(text.contains("\\u{1b}[2J.yaml:1:1: unknown key 'k\\u{1b}]52;c;eA==\\u{7}\\u{202e}'"))
    #expect(text.contains("not text in quotes"))
    for scalar in text.unicodeScalars {
      #expect(scalar == "\n" || (0x20...0x7E).contains(scalar.value), "U+\(scalar.value)")
    }
  }
}
