import Glibc
import Manifest
import TestSupport
import Testing

@Suite struct SecretTests {
  private let canary = "canary-7f3a"

  private func folder(secret: [UInt8]?, mode: mode_t = 0o600) -> ConfigurationFolder {
    let folder = ConfigurationFolder().manifest(
      "it", "process: {command: x, env: {TOKEN: 'a${secret:my-key}b'}}")
    mkdir(folder.path + "/secrets", 0o700)
    if let secret { folder.write("secrets/my-key", secret, mode: mode) }
    return folder
  }

  @Test(arguments: ["", "\n", "\r\n"])
  func `M08: a secret is a file's one line`(ending: String) {
    for mode: mode_t in [0o600, 0o400] {
      let folder = folder(secret: Array((canary + ending).utf8), mode: mode)
      #expect(folder.load().ready.first?.process.environment.first?.value.exposed == "a\(canary)b")
    }
  }

  @Test func `M08, M17: a secret that cannot be used switches the service off without showing it`()
  {
    let text = Array(canary.utf8)
    let what = "'process.env.TOKEN' needs the secret 'my-key'; the file secrets/my-key"
    let cases: [(bytes: [UInt8]?, mode: mode_t, message: String)] = [
      (nil, 0o600, "\(what) does not exist"),
      (text, 0o640, "\(what) can be used by others than its owner; run chmod 600 on it"),
      (text, 0o604, "\(what) can be used by others than its owner; run chmod 600 on it"),
      (text + [0x0A, 0x0A], 0o600, "\(what) has more than one line"),
      (text + [0x0A] + text, 0o600, "\(what) has more than one line"),
      (text + [0x0D] + text, 0o600, "\(what) has more than one line"),
      ([], 0o600, "\(what) is empty"),
      ([0x0A], 0o600, "\(what) is empty"),
      (text + [0], 0o600, "\(what) is not text in UTF-8"),
      (text + [0xFF], 0o600, "\(what) is not text in UTF-8"),
      (Array(repeating: 0x61, count: 65_537), 0o600, "\(what) is larger than 65536 bytes"),
    ]
    for item in cases {
      let configuration = folder(secret: item.bytes, mode: item.mode).load()
      #expect(configuration.ready.isEmpty)
      #expect(configuration.diagnostics.map(\.message) == [item.message])
      #expect(!"\(configuration.diagnostics)".contains(canary))
    }
  }

  @Test func `M08: a secret that is no file is refused at once`() {
    let folder = folder(secret: nil)
    mkfifo(folder.path + "/secrets/my-key", 0o600)
    #expect(folder.load().diagnostics.first?.message.hasSuffix("is not a regular file") == true)
  }

  @Test func `I11: a secret stays out of the process list`() {
    for text in [
      "command: '${secret:k}'", "command: x, args: ['${secret:k}']",
      "command: x, directory: '${secret:k}'",
    ] {
      let found = complaints("process: {\(text)}")
      #expect(found.count == 1 && found[0].contains("must not hold the secret 'k', which 'ps'"))
    }
  }

  @Test func `I11: a manifest can be printed, dumped and reflected without its values`() throws {
    let configuration = folder(secret: Array(canary.utf8)).load()
    let manifest = try #require(configuration.ready.first)
    #expect(manifest.process.environment.first?.value.exposed.contains(canary) == true)
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in [
      "\(configuration)", String(reflecting: configuration), dumped,
      "\(manifest.process.environment)",
      "\(Mirror(reflecting: manifest.process).children.map(\.value))",
    ] {
      #expect(!text.contains(canary))
    }
  }

  @Test func `I11: no value of a variable is in any message`() {
    let environment = ["V": "-" + canary]
    let text = """
      process:
        command: sh
        args: ['${env:V}', -c, '${env:V}']
        directory: '${env:NONE}${env:V}'
        env: {A: '${env:NONE}${env:V}'}
        start: '${env:V}'
      """
    let found = complaints(text, environment)
    #expect(found.count == 6)
    #expect(!"\(found)".contains(canary))
  }
}
