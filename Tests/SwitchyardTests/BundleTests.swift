import ArchiveTesting
import CommandTesting
import Glibc
import HTTPTesting
import Harness
import TestSupport
import Testing

/// `switchyard add` of an `.mcpb` bundle.
@Suite struct BundleTests {
  private typealias Part = ZipBuilder.Part

  private static let manifest = """
    {"manifest_version": "0.3", "name": "files", "version": "1.0.0", "description": "d",
     "author": {"name": "a"},
     "server": {"type": "binary", "entry_point": "bin/run", "mcp_config": {
       "command": "${__dirname}/bin/run", "args": ["${user_config.dirs}"],
       "env": {"API_KEY": "${user_config.key}", "KIND": "all"},
       "platform_overrides": {"linux": {"env": {"KIND": "linux"}}}}},
     "user_config": {
       "dirs": {"type": "directory", "multiple": true, "required": true},
       "key": {"type": "string", "sensitive": true, "required": true}}}
    """

  private func bundle(_ home: DemoHome, _ parts: [ZipBuilder.Part]) throws -> String {
    try home.folder.write(ZipBuilder(parts).bytes, to: "files.mcpb")
  }

  @Test func `it is shown, agreed to, unpacked, and runs with what it asked for`() throws {
    let home = try DemoHome()
    let demo = Sibling.path(of: "switchyard-demo")
    // A mode of 0 is what archives from Windows have.
    var run = Part(
      "bin/run",
      "#!/bin/sh\nprintf '%s|' \"$@\" \"$API_KEY\" \"$KIND\" \"$PWD\" > \"$HOME/seen\"\n"
        + "exec '\(demo)'\n", isDeflated: true)
    run.mode = 0
    let file = try bundle(home, [Part("manifest.json", Self.manifest, isDeflated: true), run])
    let words = [
      "add", file, "--set", "dirs=/a", "--set", "dirs=/b c", "--set", "key=k3y",
    ]
    let refused = try CommandRun(words, environment: home.environment, input: "n\n")
    #expect(refused.code == 1, "\(refused.errors)")
    // What is not unpacked yet is nothing that is missing.
    #expect(!refused.output.contains("warning"), "\(refused.output)")
    #expect(!home.folder.holds(".local/state/switchyard/bundles"))
    let agreed = try CommandRun(words, environment: home.environment, input: "y\n")
    #expect(agreed.code == 0, "\(agreed.errors)")
    let place = String(
      try #require(agreed.output.split(separator: "unpacked ").last).prefix { $0 != "\n" })
    #expect(place.hasPrefix(home.folder.path + "/.local/state/switchyard/bundles/files-1_0_0-"))
    #expect(agreed.output.contains("  runs       \(place)/bin/run /a '/b c'\n"))
    #expect(agreed.output.contains("  variables  API_KEY KIND\n"))
    #expect(!agreed.output.contains("k3y"))
    #expect(agreed.output.contains("  note       it is not signed\n"))
    #expect(home.folder.read(".config/switchyard/secrets/files-key") == "k3y\n")
    let call = try home.run("call", "files_add", "--args", #"{"a": 1, "b": 2}"#)
    #expect(call.code == 0, "\(call.errors)")
    #expect(home.folder.read("seen") == "/a|/b c|k3y|linux|\(place)|")
    // The same bundle again is there, unless its files are gone.
    let again = try CommandRun(words, environment: home.environment)
    #expect(again.code == 0 && !again.output.contains("unpacked "), "\(again.errors)")
    #expect(again.output.contains("is there already, just so"))
    try Shell.run("rm -r '\(place)'")
    let gone = try CommandRun(words, environment: home.environment, input: "y\n")
    #expect(gone.output.contains("Unpack it again? [y/N] unpacked \(place)\n"), "\(gone.output)")
    // The next version has files of its own, and takes the place of this one where that is wanted.
    let next = Self.manifest.replacing("1.0.0", with: "1.1.0")
    let newer = try bundle(home, [Part("manifest.json", next), run])
    let replaced = try CommandRun(
      ["add", newer, "--replace", "--yes"] + words.dropFirst(2), environment: home.environment)
    #expect(replaced.output.contains("replaced \(home.configuration)/manifests/files.yaml\n"))
    #expect(
      home.folder.read(".config/switchyard/manifests/files.yaml").contains("bundles/files-1_1_0-"))
  }

  @Test func `a secret that nobody gives is left to the person, the rest must be given`() throws {
    let home = try DemoHome()
    let file = try bundle(
      home, [Part("manifest.json", Self.manifest), Part("bin/run", "#!/bin/sh")])
    let missing = try home.run("add", file, "--yes")
    #expect(missing.code == 1)
    #expect(missing.errors.contains("it wants 'dirs': give it with --set 'dirs=VALUE'"))
    let run = try home.run("add", "mine", file, "--yes", "--set", "dirs=/a")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("write the value of 'secrets/mine-key' yourself"))
    #expect(home.folder.holds(".config/switchyard/manifests/mine.yaml"))
  }

  @Test func `S09: a bundle that reaches out of its folder unpacks nothing`() throws {
    let home = try DemoHome()
    var link = Part("bin/run", "/etc")
    link.mode = 0o120777
    var encrypted = Part("bin/run", "x")
    encrypted.flags = 1
    var liar = Part("bin/run", String(repeating: "0", count: 100_000), isDeflated: true)
    liar.claimedSize = 5
    for (part, why) in [
      (Part("../../out", "x"), "leads out of the folder"), (link, "is a symbolic link"),
      (encrypted, "is encrypted"), (liar, "does not hold what the directory"),
    ] {
      let file = try bundle(home, [Part("manifest.json", Self.manifest), part])
      let run = try home.run("add", file, "--yes", "--set", "dirs=/a", "--set", "key=k")
      #expect(run.code == 1)
      #expect(run.errors.contains(why) && run.errors.contains("nothing was unpacked"))
      #expect(!home.folder.holds(".config/switchyard/manifests/files.yaml"))
      #expect(try home.run("check").output.hasSuffix("1 of 1 services ready\n"))
    }
    #expect(!home.folder.holds(".local/state/switchyard/out"))
    let bundles = home.folder.path + "/.local/state/switchyard/bundles"
    #expect(rmdir(bundles) == 0 || errno == ENOENT)
  }

  @Test func `a zip without a manifest, and one for another system, are refused`() throws {
    let home = try DemoHome()
    let empty = try home.run("add", try bundle(home, [Part("a", "x")]))
    #expect(empty.code == 1 && empty.errors.contains("it is no MCP bundle"))
    let other = Self.manifest.replacing(
      "\"author\"", with: "\"compatibility\": {\"platforms\": [\"win32\"]}, \"author\"")
    let run = try home.run("add", try bundle(home, [Part("manifest.json", other)]))
    #expect(run.code == 1 && run.errors.contains("it runs on win32, not on linux"))
    try home.folder.write("PK nonsense", to: "odd.mcpb")
    let odd = try home.run("add", home.folder.path + "/odd.mcpb")
    #expect(odd.code == 1 && odd.errors.contains("it is no zip file"))
  }

  @Test func `a bundle that Python's zipfile has made is read`() throws {
    let home = try DemoHome()
    try home.folder.write(Self.manifest, to: "in/manifest.json")
    try home.folder.write("#!/bin/sh\n", to: "in/bin/run", mode: 0o700)
    let path = home.folder.path
    try Shell.run(
      "python3 -m zipfile -c '\(path)/made.mcpb' '\(path)/in/manifest.json' '\(path)/in/bin/'")
    let run = try home.run(
      "add", home.folder.path + "/made.mcpb", "--yes", "--set", "dirs=/a", "--set", "key=k")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("unpacked "))
  }
}

extension TemporaryFolder {
  /// Whether there is anything at that path.
  func holds(_ name: String) -> Bool { access(path + "/" + name, F_OK) == 0 }
}
