import Digest
import Glibc
import Loop
import LoopTesting
import Provision
import TestSupport
import Testing

/// Row S24: a start is not slowed by the digest of a program that was not written to.
@Suite(.eventLoop) struct KnownDigestsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What the check says, and whether the open file is what will run.
  @EventLoop
  private func check(
    _ path: String, _ digest: String
  ) -> (trouble: ProgramFile.Trouble?, isOpen: Bool) {
    var spec = ChildSpec(executable: path, arguments: [path])
    do throws(ProgramFile.Trouble) {
      try KnownDigests.check(&spec, digest: digest)
      return (nil, spec.program != nil)
    } catch {
      return (error, spec.program != nil)
    }
  }

  @Test @EventLoop
  func `S24: what is known of a file is believed until it was written to`() throws {
    let path = try folder.write("program", to: "program", mode: 0o755)
    let digest = SHA256.hex("program".utf8)
    let noted = String(repeating: "1", count: 64)
    // Only somebody who does not read the file can take this for its digest.
    KnownDigests.note(noted, of: try ProgramFile(path: path))
    #expect(check(path, noted).trouble == nil)
    #expect(check(path, digest).trouble == .changed(path, expected: digest, found: noted))
    try folder.write("program", to: "program", mode: 0o755)
    #expect(check(path, noted).trouble == .changed(path, expected: noted, found: digest))
    #expect(check(path, digest).trouble == nil)
    #expect(try KnownDigests.knows(ProgramFile(path: path)))
  }

  @Test @EventLoop
  func `S24: a program is run from the open file, and a script by its path`() throws {
    let program = try folder.write("program", to: "program", mode: 0o755)
    let run = check(program, SHA256.hex("program".utf8))
    #expect(run.trouble == nil && run.isOpen)
    let script = try folder.write("#!/bin/sh\n", to: "script", mode: 0o755)
    let interpreted = check(script, SHA256.hex("#!/bin/sh\n".utf8))
    #expect(interpreted.trouble == nil && !interpreted.isOpen)
    #expect(check(script, SHA256.hex("other".utf8)).isOpen == false)
  }
}
