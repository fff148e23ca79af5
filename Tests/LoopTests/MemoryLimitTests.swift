import TestSupport
import Testing

@testable import Loop

/// Row R06: how much memory the system leaves to a process.
@Suite struct MemoryLimitTests {
  private func limit(_ listed: String, _ files: [String: String]) throws -> UInt64? {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text + "\n", to: name) }
    return MemoryLimit.ofGroups(listed: Array(listed.utf8), root: folder.path)
  }

  @Test func `R06: the smallest limit on the way to the group counts`() throws {
    let listed = "0::/a/b\n"
    let files = ["memory.max": "max", "a/memory.max": "1000", "a/b/memory.max": "2000"]
    #expect(try limit(listed, files) == 1000)
    #expect(try limit(listed, ["a/memory.max": "max", "a/b/memory.max": "2000"]) == 2000)
    #expect(try limit(listed, ["a/b/memory.max": "max"]) == nil)
    #expect(try limit("0::/\n", ["memory.max": "300"]) == 300)
  }

  @Test func `R06: groups of the first version are looked at too`() throws {
    let listed = "9:name=systemd:/x\n6:cpu,memory:/a\n0::/\n"
    #expect(try limit(listed, ["memory/a/memory.limit_in_bytes": "4096"]) == 4096)
    // What stands for no limit there.
    let none = "9223372036854771712"
    #expect(try limit(listed, ["memory/a/memory.limit_in_bytes": none]) == nil)
    #expect(try limit("5:memoryish:/a\n", ["memory/a/memory.limit_in_bytes": "4096"]) == nil)
  }

  @Test(arguments: ["", "\n", "::", "0:", "0::/../..\n", "x:memory\n"])
  func `R06: what cannot be read is no limit`(listed: String) throws {
    #expect(try limit(listed, ["memory/memory.limit_in_bytes": "x"]) == nil)
  }
}
