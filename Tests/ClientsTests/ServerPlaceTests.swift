import RawJSON
import Testing

@testable import Clients

/// Paths of servers that are relative to where somebody runs them.
@Suite struct ServerPlaceTests {
  private func launch(
    _ text: String, in folder: String = "/home/me/work", always: Bool = false,
    there: Set<String> = []
  ) throws -> FoundServer.Launch {
    let list = try ServerList(parsing: Array("{\"mcpServers\": {\"a\": \(text)}}".utf8))
    let server = try #require(list.servers.first)
      .placed(in: folder, always: always) { there.contains($0) }
    guard case .process(let launch) = server.way else { throw Missing() }
    return launch
  }

  private struct Missing: Error {}

  @Test(arguments: [
    ("./run", "/home/me/work/run"), ("bin/run", "/home/me/work/bin/run"),
    ("../run", "/home/me/work/../run"), ("/bin/run", "/bin/run"), ("run", "run"),
    ("~/run", "~/run"), ("${workspaceFolder}/run", "/home/me/work/run"),
  ])
  func `a command that is a relative path is one from there`(command: String, placed: String) throws
  {
    #expect(try launch("{\"command\": \"\(command)\"}").command.literal == placed)
  }

  @Test(arguments: [
    ("[\"server.py\"]", true), ("[\"--config=./conf.json\"]", true), ("[\".\"]", true),
    ("[\"other.py\"]", false), ("[\"-m\", \"server\"]", false), ("[\"--config\"]", false),
    ("[\"/etc\"]", false), ("[\"\"]", false), ("[\"${X}\"]", false), ("[]", false),
  ])
  func `it is run there if an argument names what is there`(arguments: String, isThere: Bool) throws
  {
    let there: Set = [
      "/home/me/work/server.py", "/home/me/work/conf.json", "/home/me/work", "/etc",
    ]
    let found = try launch("{\"command\": \"x\", \"args\": \(arguments)}", there: there)
    #expect(found.directory?.literal == (isThere ? "/home/me/work" : nil))
  }

  @Test func `servers of a project run in its folder, or in one from there`() throws {
    #expect(try launch(#"{"command": "x"}"#, always: true).directory?.literal == "/home/me/work")
    let inner = try launch(#"{"command": "x", "cwd": "sub"}"#, always: true)
    #expect(inner.directory?.literal == "/home/me/work/sub")
    let whole = try launch(#"{"command": "x", "cwd": "/srv"}"#, always: true)
    #expect(whole.directory?.literal == "/srv")
    let root = try launch(#"{"command": "./x", "cwd": "sub"}"#, in: "/", always: true)
    #expect(root.command.literal == "/x" && root.directory?.literal == "/sub")
  }

  @Test func `the folder stands for that of the editor, and for nothing else`() throws {
    let found = try launch(
      #"{"command": "x", "args": ["${workspaceFolder}/a", "${workspaceFolder:b}", "${HOME}"], "#
        + #""env": {"P": "${workspaceFolder}:/x"}}"#)
    #expect(found.arguments[0].literal == "/home/me/work/a")
    #expect(found.arguments[1].parts == [.foreign("workspaceFolder:b")])
    #expect(found.arguments[2].parts == [.variable("HOME", fallback: nil)])
    #expect(found.environment[0].value.literal == "/home/me/work:/x")
  }

  @Test func `a path that says nothing by itself is known`() {
    #expect(FoundServer(name: "a", command: "./x").relativePath == "./x")
    #expect(FoundServer(name: "a", command: "x").relativePath == nil)
    #expect(FoundServer(name: "a", command: "/x").relativePath == nil)
  }
}
