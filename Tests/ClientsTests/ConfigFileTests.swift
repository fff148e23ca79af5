import Clients
import Glibc
import TestSupport
import Testing

@Suite struct ConfigFileTests {
  @Test func `a change by another program between reading and replacing is not lost`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("{}", to: "mcp.json")
    let file = try ConfigFile(path: path)
    try folder.write("{\"theirs\": 1}", to: "mcp.json")
    let error = #expect(throws: ConfigFileError.self) { try file.replace(with: Array("{}".utf8)) }
    #expect(error?.reason == .changed)
    #expect(folder.read("mcp.json") == "{\"theirs\": 1}")
  }

  @Test func `a file that appeared meanwhile is not overwritten`() throws {
    let folder = try TemporaryFolder()
    let file = try ConfigFile(path: folder.path + "/new.json")
    try folder.write("theirs", to: "new.json")
    #expect(throws: ConfigFileError.self) { try file.replace(with: Array("ours".utf8)) }
    #expect(folder.read("new.json") == "theirs")
  }

  @Test func `nothing but the file and its backup is left in the folder`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", to: "mcp.json")
    let backup = try ConfigFile(path: path).replace(with: Array("new".utf8))
    #expect(folder.read("mcp.json") == "new")
    let name = String(try #require(backup).dropFirst(folder.path.count + 1))
    #expect(folder.read(name) == "old")
    #expect(Set(try names(in: folder.path)) == ["mcp.json", name])
  }

  @Test func `backups are found newest first, and never share a name`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("0", to: "mcp.json")
    for round in 1...12 {
      _ = try ConfigFile(path: path).replace(with: Array("\(round)".utf8))
    }
    let backups = try ConfigFile(path: path).backups()
    let texts = backups.map { folder.read(String($0.dropFirst(folder.path.count + 1))) }
    #expect(texts == (0..<12).reversed().map { "\($0)" })
  }

  @Test func `a link that leads nowhere yet leads to the new file`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("real")
    symlink("real/mcp.json", folder.path + "/link.json")
    let file = try ConfigFile(path: folder.path + "/link.json")
    #expect(file.contents == nil)
    #expect(try file.replace(with: Array("x".utf8)) == nil)
    #expect(folder.read("real/mcp.json") == "x")
  }

  @Test func `links in a circle are refused`() throws {
    let folder = try TemporaryFolder()
    symlink("b", folder.path + "/a")
    symlink("a", folder.path + "/b")
    #expect(throws: ConfigFileError.self) { try ConfigFile(path: folder.path + "/a") }
  }

  @Test func `folders on the way are created`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a/b/c.json"
    #expect(try ConfigFile(path: path).replace(with: [0x78]) == nil)
    #expect(folder.read("a/b/c.json") == "x")
  }

  private func names(in folder: String) throws -> [String] {
    let directory = try #require(opendir(folder))
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
