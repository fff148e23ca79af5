import Digest
import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row S24: a program whose digest the manifest has, over the life of a gateway.
@Suite struct ChangedProgramTests {
  @Test func `S24: a program that was changed since is not started again, and is once it is back`()
    throws
  {
    let folder = try TemporaryFolder()
    let program = folder.path + "/server"
    let text = "#!/bin/sh\n" + ShellService.script
    try folder.write(text, to: "server", mode: 0o700)
    let digest = SHA256.hex(Array(text.utf8))
    let service = Service(
      "good", command: program, process: ["protocol: legacy", "sha256: \(digest)"])
    let run = try GatewayRun([service], folder: folder)
    try run.client.handshake()
    try run.expectOK()

    // What takes its place answers as well, and would leave a file.
    let other = "#!/bin/sh\ntouch '\(folder.path)/ran'\n" + ShellService.script
    for inPlace in [true, false] {
      if !inPlace { unlink(program) }
      try folder.write(other, to: "server", mode: 0o700)
      // The process that runs is the one that was checked.
      _ = try run.client.call("good_crash", [:], within: GatewayRun.patience)
      let isGone = run.wait { run.processes(of: "good").isEmpty }
      #expect(isGone)
      let refused = try run.expectError("good_echo", .backendUnavailable)
      #expect(
        refused.text.contains("sha256") || refused.text.contains("SHA-256"), "\(refused.text)")
      #expect(access(folder.path + "/ran", F_OK) != 0)
      try folder.write(text, to: "server", mode: 0o700)
      let isBack = run.wait {
        (try? run.client.call("good_echo", [:], within: GatewayRun.patience))?.kind == .result
      }
      #expect(isBack, "\(run.client.stderr.suffix(500))")
    }
    #expect(access(folder.path + "/ran", F_OK) != 0)
    try run.finish()
  }
}
