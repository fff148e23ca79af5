import CommandTesting
import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// `switchyard login` and what the gateway does with what it leaves.
@Suite struct LoginTests {
  private let server: OAuthServer
  private let folder: TemporaryFolder

  init() throws {
    let place = try LoginPlace()
    (server, folder) = (place.server, place.folder)
  }

  private func login(_ more: [String] = [], input: String = "") throws -> CommandRun {
    try CommandRun(
      [
        "login", "far", "--no-keyring", "--timeout", "20", "--config", folder.path, "--state",
        folder.path + "/state",
      ]
        + more,
      environment: ["HOME": folder.path, "BROWSER": folder.path + "/browser"], input: input)
  }

  private func gateway() throws -> GatewayRun {
    let run = try GatewayRun([], revision: .newest, folder: folder)
    try run.client.handshake()
    return run
  }

  private func call(_ run: GatewayRun) throws -> ServerMessage {
    try run.client.call("far_echo", ["text": "x"], within: GatewayRun.patience)
  }

  @Test func `a login is used by the gateway, renewed once it is refused, and forgotten`() throws {
    let done = try login()
    #expect(done.code == 0, "\(done.errors)")
    #expect(done.output == "logged in to far at \(server.http.url)\n")
    let path = folder.path + "/state/logins/far.json"
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)

    let run = try gateway()
    #expect(try call(run).kind == .result)
    // The server wants another: what was refused goes out again with a new token.
    server.change { $0.accepted = [] }
    let ids = try (0..<3).map { _ in
      try run.client.request("tools/call", ["name": "far_echo", "arguments": ["text": "y"]])
    }
    for id in ids {
      let answer = try run.client.response(to: id)
      #expect(answer.kind == .result, "\(answer.text)")
    }
    #expect(server.state.refreshed == ["refresh-1"])
    #expect(folder.read("state/logins/far.json").contains("refresh-2"))
    // Nothing helps but a person.
    server.change {
      $0.accepted = []
      $0.number = 9
    }
    let refused = try call(run)
    #expect(refused.text.contains("switchyard login far"), "\(refused.text)")
    try run.finish()
    #expect(!run.client.stderr.contains("token-") && !run.client.stderr.contains("refresh-"))
    #expect(try login(["--forget"]).output == "forgotten\n")
    #expect(folder.read("state/logins/far.json") == "")
    server.http.stop()
  }

  @Test(arguments: [
    ("invalid_target", "the login is over (invalid_target); run 'switchyard login far'."),
    ("slow_down", "the login could not be renewed: The token endpoint refused (slow_down)."),
  ])
  func `a login that cannot be renewed is told with the reason`(error: String, told: String) throws
  {
    #expect(try login().code == 0)
    let run = try gateway()
    #expect(try call(run).kind == .result)
    server.change {
      $0.accepted = []
      $0.lies = ["/token": ["error": .string(error)]]
    }
    let refused = try call(run)
    #expect(refused.error?["message"]?.stringValue?.hasSuffix(told) == true, "\(refused.text)")
    try run.finish()
    server.http.stop()
  }

  @Test func `the code goes with a proof, and for this resource`() throws {
    #expect(try login().code == 0)
    let authorize = try #require(server.http.requests.first { $0.target.hasPrefix("/authorize") })
    let asked = OAuthScript.fields(String(authorize.target.split(separator: "?").last ?? ""))
    let token = try #require(server.http.requests.first { $0.target == "/token" })
    let brought = OAuthScript.fields(String(decoding: token.body, as: UTF8.self))
    #expect(asked["code_challenge_method"] == "S256")
    #expect(asked["resource"] == server.http.url + "/mcp")
    #expect(brought["resource"] == server.http.url + "/mcp")
    #expect(asked["scope"] == "mcp")
    #expect(brought["code_verifier"]?.utf8.count == 43)
    #expect(brought["redirect_uri"] == asked["redirect_uri"])
    server.http.stop()
  }

  @Test func `S21: the callback takes nothing from a page that was led here by another name`()
    throws
  {
    try folder.write(
      """
      #!/usr/bin/python3
      import socket, sys, urllib.parse, urllib.request
      query = urllib.parse.parse_qs(urllib.parse.urlsplit(sys.argv[1]).query)
      back = urllib.parse.urlsplit(query["redirect_uri"][0])
      said = []
      for head in ["GET /callback?code=evil HTTP/1.1\\r\\nHost: evil.example",
                   "GET /callback?code=evil HTTP/1.1\\r\\nHost: localhost:%d" % back.port,
                   "GET /callback?code=evil HTTP/1.1",
                   "POST /callback?code=evil HTTP/1.1\\r\\nHost: " + back.netloc]:
          with socket.create_connection((back.hostname, back.port), timeout=20) as evil:
              evil.sendall((head + "\\r\\n\\r\\n").encode())
              said.append(evil.recv(4096).decode())
      open("\(folder.path)/said", "w").write(repr(said))
      urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=20).read()

      """, to: "browser")
    chmod(folder.path + "/browser", 0o700)
    let done = try login()
    #expect(done.code == 0, "\(done.errors)")
    #expect(folder.read("said") == "['', '', '', '']")
    server.http.stop()
  }

  @Test func `a client that is known already does not register`() throws {
    #expect(try login(["--client-id", "mine", "--scope", "one"]).code == 0)
    #expect(!server.paths.contains("/register"))
    let authorize = try #require(server.http.requests.first { $0.target.hasPrefix("/authorize") })
    #expect(authorize.target.contains("client_id=mine&"))
    #expect(authorize.target.hasSuffix("scope=one"))
    server.http.stop()
  }

  @Test func `a document stands for a registration where the server takes one`() throws {
    let document = ["--client-id", "https://me.example/switchyard.json"]
    let refused = try login(document)
    #expect(refused.code == 1 && refused.errors.contains("takes no documents"))
    server.change { $0.lies = [Self.metadata: ["client_id_metadata_document_supported": true]] }
    #expect(try login(document).code == 0)
    #expect(!server.paths.contains("/register"))
    server.http.stop()
  }

  @Test func `without a login the gateway says how to get one`() throws {
    let run = try gateway()
    let answer = try call(run)
    #expect(answer.kind == .failure)
    #expect(run.wait { run.client.stderr.contains("run 'switchyard login far'") })
    try run.finish()
    server.http.stop()
  }

  @Test func `S05: a login is for its address and no other`() throws {
    #expect(try login().code == 0)
    let other = try RemoteServer(.modern)
    try folder.write(RemoteRun.manifest(url: other.url), to: "manifests/far.yaml")
    let run = try gateway()
    #expect(try call(run).kind == .result)
    #expect(other.http.requests.allSatisfy { $0.values(of: "Authorization").isEmpty })
    try run.finish()
    other.http.stop()
    server.http.stop()
  }

  private static let metadata = "/.well-known/oauth-authorization-server"
  private static let resource = "/.well-known/oauth-protected-resource/mcp"

  private static let lies: [(String, String, JSONValue, String)] = [
    ("/token", "token_type", "mac", "no bearer token"),
    ("/token", "access_token", "a b", "no token that can be sent"),
    ("/token", "error", "invalid_request", "invalid_request"),
    (metadata, "issuer", "https://evil.example", "another issuer"),
    (metadata, "token_endpoint", "http://evil.example/token", "without TLS"),
    (metadata, "code_challenge_methods_supported", ["plain"], "S256"),
    (resource, "resource", "https://evil.example/mcp", "another resource"),
    (resource, "authorization_servers", [], "names no authorization server"),
    ("/register", "client_id", 7, "did not register"),
  ]

  @Test(arguments: lies)
  func `a server that lies is refused with the reason, and nothing is kept`(
    path: String, key: String, value: JSONValue, reason: String
  ) throws {
    server.change { $0.lies = [path: [key: value]] }
    let run = try login()
    #expect(run.code == 1)
    #expect(run.errors.contains(reason), "\(run.errors)")
    #expect(folder.read("state/logins/far.json") == "")
    server.http.stop()
  }

  @Test(arguments: [metadata, resource, "/token", "/register", "/mcp"])
  func `S09: a redirect to another host is refused, and nothing goes there`(path: String) throws {
    let other = try RawHTTPServer()
    server.change { $0.redirects = [path: other.url + "/steal"] }
    let run = try login()
    #expect(run.code == 1)
    #expect(run.errors.contains("redirects to"), "\(run.errors)")
    #expect(other.accepted == 0)
    other.stop()
    server.http.stop()
  }

  @Test func `an answer of another issuer is refused before its code is used`() throws {
    server.change { $0.issuer = "https://evil.example" }
    let run = try login()
    #expect(run.code == 1 && run.errors.contains("evil.example"), "\(run.errors)")
    #expect(!server.paths.contains("/token"))
    server.http.stop()
  }

  @Test func `a challenge that names metadata at another origin is refused`() throws {
    let other = try RawHTTPServer()
    server.change { $0.challenge = "Bearer resource_metadata=\"\(other.url)/x\"" }
    let run = try login()
    #expect(run.code == 1 && run.errors.contains("not at the service"), "\(run.errors)")
    #expect(other.accepted == 0)
    other.stop()
    server.http.stop()
  }

  @Test func `a pasted answer to another login is refused`() throws {
    let run = try login(["--no-browser"], input: "http://127.0.0.1:1/callback?code=c&state=x\n")
    #expect(run.code == 1 && run.errors.contains("another login"), "\(run.errors)")
    #expect(run.errors.contains("\(server.http.url)/authorize?"))
    server.http.stop()
  }

  @Test func `a line that is no answer is told, and the browser is waited for on`() throws {
    let alone = try login(["--no-browser", "--timeout", "1"], input: "what?\n\n")
    #expect(alone.code == 1, "\(alone.errors)")
    #expect(
      alone.errors.hasSuffix(
        """
        That is not the address that the browser ends at, which has 'code=' in it; paste it whole.
        switchyard: The browser did not come back in time.

        """), "\(alone.errors)")
    let both = try login(input: "what?\n")
    #expect(both.code == 0, "\(both.errors)")
    server.http.stop()
  }

  @Test func `only what is reached over HTTP can be logged in to`() throws {
    try folder.write("process: {command: /bin/cat}\n", to: "manifests/near.yaml")
    let base = ["--config", folder.path, "--state", folder.path + "/state"]
    let environment = ["HOME": folder.path]
    let near = try CommandRun(["login", "near"] + base, environment: environment)
    #expect(near.code == 2 && near.errors.contains("needs no login"), "\(near.errors)")
    let none = try CommandRun(["login", "none"] + base, environment: environment)
    #expect(none.code == 2 && none.errors.contains("no service 'none'"), "\(none.errors)")
    server.http.stop()
  }
}
