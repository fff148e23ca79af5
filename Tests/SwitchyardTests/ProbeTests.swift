import CommandTesting
import HTTPTesting
import Harness
import TestSupport
import Testing

/// `switchyard add URL --probe`.
@Suite struct ProbeTests {
  @Test(arguments: [
    ("401 Unauthorized", "It wants a login: switchyard login server\n"),
    ("200 OK", "It answers without a login.\n"),
    ("500 Oops", "It answers with status 500."),
  ]) func `a server is asked once, and only where that is wanted`(
    status: String, words: String
  ) throws {
    let server = try RawHTTPServer { _, connection in
      connection.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
      return true
    }
    defer { server.stop() }
    let home = try DemoHome()
    let quiet = try home.run("add", server.url + "/mcp", "--yes")
    #expect(quiet.code == 0, "\(quiet.errors)")
    #expect(quiet.output.contains("If it wants a login: switchyard login server\n"))
    #expect(server.requests.isEmpty)
    let other = try DemoHome()
    let run = try other.run("add", server.url + "/mcp", "--yes", "--probe")
    #expect(run.code == 0 && run.output.contains(words), "\(run.output)")
    #expect(server.requests.map(\.method) == ["POST"])
    // What it is told is not who we are.
    #expect(server.requests.allSatisfy { $0.values(of: "authorization").isEmpty })
  }

  @Test func `a server that is not there is told of, and written all the same`() throws {
    let server = try RawHTTPServer { _, _ in true }
    let url = server.url
    server.stop()
    // Its port is nobody else's as long as it lives.
    defer { withExtendedLifetime(server) {} }
    let home = try DemoHome()
    let run = try home.run("add", "gone", url + "/mcp", "--yes", "--probe")
    #expect(run.code == 0 && run.output.contains("cannot be asked"), "\(run.output)")
    #expect(home.folder.read(".config/switchyard/manifests/gone.yaml").contains(url))
  }
}
