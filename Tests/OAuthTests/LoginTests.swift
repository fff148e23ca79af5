import HTTP
import RawJSON
import Testing

@testable import OAuth

/// From the link for the browser to the token, and what lies on the way is refused for.
@Suite struct LoginTests {
  private let service = "https://mcp.example.com/mcp"

  private func request(
    _ client: ClientIdentity = ClientIdentity(id: "us & them"), namesItself: Bool = true,
    scope: String = "a b"
  ) throws -> AuthorizationRequest {
    var document = MetadataTests.document
    document["authorization_response_iss_parameter_supported"] = .bool(namesItself)
    let server = try ServerMetadata(
      document, of: WebAddress("https://as.example.com"), for: WebAddress(service))
    return AuthorizationRequest(
      server: server, resource: service, client: client, redirect: "http://127.0.0.1:7/callback",
      scope: scope, random: Array(0..<48))
  }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return String(describing: error)
    }
  }

  @Test func `the proof is that of RFC 7636 appendix B`() {
    let proof = Proof(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    #expect(proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    let random = Proof(random: [UInt8](repeating: 0xFF, count: 32))
    #expect(random.verifier.utf8.count == 43)
    #expect(Base64URL.text([0xFB]) == "-w" && Base64URL.text([]) == "")
  }

  @Test func `the link says who asks, for what, and with which proof`() throws {
    let request = try request()
    let query = try #require(request.link.split(separator: "?").last)
    let fields = try #require(WebAddress.fields(of: String(query)))
    #expect(request.link.hasPrefix("https://as.example.com/authorize?"))
    #expect(
      fields == [
        "response_type": "code", "client_id": "us & them", "state": request.state,
        "redirect_uri": "http://127.0.0.1:7/callback", "code_challenge": request.proof.challenge,
        "code_challenge_method": "S256", "resource": service, "scope": "a b",
      ])
    #expect(!request.link.contains(request.proof.verifier))
    #expect(try !self.request(scope: "").link.contains("scope="))
  }

  @Test func `the scope is the challenge's, else the service's, with offline access`() throws {
    var document = MetadataTests.document
    document["scopes_supported"] = ["offline_access"]
    let server = try ServerMetadata(
      document, of: WebAddress("https://as.example.com"), for: WebAddress(service))
    var challenge = Challenge()
    challenge.scope = "one"
    let resource = try ResourceMetadata(
      [
        "resource": .string(service), "authorization_servers": ["https://as.example.com"],
        "scopes_supported": ["two", "three"],
      ], of: WebAddress(service))
    #expect(AuthorizationRequest.scope(challenge, resource, server) == "one offline_access")
    #expect(AuthorizationRequest.scope(nil, resource, server) == "two three offline_access")
    #expect(AuthorizationRequest.scope(nil, nil, server) == "")
    challenge.scope = "offline_access one"
    #expect(AuthorizationRequest.scope(challenge, nil, server) == "offline_access one")
  }

  @Test func `a code is taken from a query and from a pasted address`() throws {
    let request = try request()
    let query = "code=a%2Fb&state=\(request.state)&iss=https://as.example.com"
    #expect(try request.code(from: query) == "a/b")
    #expect(try request.code(from: " http://127.0.0.1:7/callback?\(query)#x\n") == "a/b")
    let silent = try self.request(namesItself: false)
    #expect(try silent.code(from: "state=\(silent.state)&code=c") == "c")
  }

  @Test(arguments: [
    ("code=c&iss=https://as.example.com", "another login"),
    ("code=c&state=other&iss=https://as.example.com", "another login"),
    ("code=c&state=STATE&iss=https://evil.example.com", "evil.example.com"),
    ("code=c&state=STATE", "('iss')"),
    ("error=access_denied&error_description=No+way&state=STATE&iss=ISS", "access_denied: No way"),
    ("state=STATE&iss=ISS", "no code"), ("code=&state=STATE&iss=ISS", "no code"),
    ("code=a&code=b&state=STATE&iss=ISS", "cannot be read"), ("code=%zz", "cannot be read"),
    ("", "another login"),
  ])
  func `an answer that is not to this request is refused`(query: String, reason: String) throws {
    let request = try request()
    let text = query.replacing("STATE", with: request.state)
      .replacing("ISS", with: "https://as.example.com")
    let why = refusal { _ = try request.code(from: text) }
    #expect(why.contains(reason), "\(why)")
  }

  @Test func `the code goes with its proof and resource, and the client says who it is`() throws {
    let plain = TokenRequest.exchange("c", for: try request())
    let fields = try #require(WebAddress.fields(of: plain.body))
    #expect(
      fields == [
        "grant_type": "authorization_code", "code": "c", "client_id": "us & them",
        "redirect_uri": "http://127.0.0.1:7/callback", "resource": service,
        "code_verifier": try request().proof.verifier,
      ])
    let post = ClientIdentity(id: "i", secret: "s&", authentication: .post)
    let posted = WebAddress.fields(of: TokenRequest.exchange("c", for: try request(post)).body)
    #expect(posted?["client_secret"] == "s&")
    let basic = ClientIdentity(id: "i:d", secret: "s", authentication: .basic)
    let known = TokenRequest.exchange("c", for: try request(basic))
    #expect(known.headers.last == HTTPHeader("Authorization", "Basic aSUzQWQ6cw=="))
    #expect(!known.body.contains("client_id"))
  }

  @Test(arguments: [
    (#"{"client_id":"x"}"#, ClientIdentity(id: "x")),
    (
      #"{"client_id":"x","client_secret":"s"}"#,
      ClientIdentity(id: "x", secret: "s", authentication: .basic)
    ),
    (
      #"{"client_id":"x","client_secret":"s","token_endpoint_auth_method":"none"}"#,
      ClientIdentity(id: "x")
    ),
    (
      #"{"client_id":"x","client_secret":"s","token_endpoint_auth_method":"client_secret_post"}"#,
      ClientIdentity(id: "x", secret: "s", authentication: .post)
    ),
  ])
  func `a registration gives an identity`(text: String, expected: ClientIdentity) throws {
    #expect(
      try ClientIdentity(registered: JSONValue(parsing: Array(text.utf8))) == expected)
  }

  @Test(arguments: [
    ("{}", "did not register"), (#"{"error":"invalid_redirect_uri"}"#, "invalid_redirect_uri"),
    (#"{"client_id":""}"#, "did not register"), (#"{"client_id":"a\nb"}"#, "did not register"),
    (#"{"client_id":"x","client_secret":"\u0000"}"#, "cannot be sent"),
    (#"{"client_id":"x","token_endpoint_auth_method":"private_key_jwt"}"#, "do not have"),
    (#"{"client_id":"x","token_endpoint_auth_method":"client_secret_basic"}"#, "gave none"),
  ])
  func `a registration that lies is refused`(text: String, reason: String) throws {
    let document = try JSONValue(parsing: Array(text.utf8))
    let why = refusal { _ = try ClientIdentity(registered: document) }
    #expect(why.contains(reason), "\(why)")
  }

  @Test func `we register without a secret where we may`() throws {
    let server = try request().server
    let body = try JSONValue(
      parsing: ClientIdentity.registration(redirect: "http://127.0.0.1:7/", scope: "a", for: server)
    )
    #expect(body["token_endpoint_auth_method"] == "none")
    #expect(body["redirect_uris"] == ["http://127.0.0.1:7/"])
    #expect(body["scope"] == "a")
  }

  @Test(arguments: [
    (500, #"{"access_token":"t","token_type":"Bearer"}"#, "status 500"),
    (200, #"{"access_token":"t","token_type":"mac"}"#, "no bearer token"),
    (200, #"{"access_token":"t"}"#, "no bearer token"),
    (200, #"{"token_type":"Bearer"}"#, "no token that can be sent"),
    (200, #"{"access_token":"a b","token_type":"Bearer"}"#, "no token that can be sent"),
    (200, #"{"access_token":"a\r\nX: y","token_type":"Bearer"}"#, "no token that can be sent"),
    (200, #"{"access_token":7,"token_type":"Bearer"}"#, "no token that can be sent"),
    (
      200, #"{"access_token":"t","token_type":"Bearer","refresh_token":"\n"}"#,
      "refresh token that cannot be sent"
    ),
    (200, #"{"error":"invalid_grant","access_token":"t","token_type":"Bearer"}"#, "invalid_grant"),
    (400, #"{"error":"invalid_grant","error_description":"Old.\u202e"}"#, "invalid_grant: Old.?"),
    (200, "[]", "status 200"),
  ])
  func `a token endpoint that lies is refused`(status: Int, text: String, reason: String) throws {
    let body = try JSONValue(parsing: Array(text.utf8))
    let why = refusal { _ = try TokenAnswer(status: status, body) }
    #expect(why.contains(reason), "\(why)")
    #expect(refusal { _ = try TokenAnswer(status: status, nil) } != "")
    #expect(TokenAnswer.isOver(body) == text.contains("invalid_grant"))
  }

  @Test func `a credential is for one service and issuer, and outlives the disk`() throws {
    let answer = try TokenAnswer(
      status: 200,
      ["access_token": "t", "token_type": "bearer", "refresh_token": "r", "expires_in": 100])
    let client = ClientIdentity(id: "i", secret: "s", authentication: .post)
    var credential = Credential(answer, to: try request(client), service: service, now: 1_000)
    #expect(credential.isFor(service) && !credential.isFor(service + "/"))
    #expect(!credential.isOver(at: 1_069) && credential.isOver(at: 1_070))
    #expect(Credential(credential.json) == credential)
    let refresh = WebAddress.fields(of: TokenRequest.refresh(credential)?.body ?? "")
    #expect(refresh?["refresh_token"] == "r" && refresh?["resource"] == service)
    credential.refreshed(
      try TokenAnswer(status: 200, ["access_token": "u", "token_type": "Bearer"]), now: 2_000)
    #expect(credential.token == "u" && credential.refresh == "r")
    #expect(!credential.isOver(at: .max - 1))
  }

  @Test func `what is kept cannot be turned to another endpoint inside`() throws {
    let answer = try TokenAnswer(status: 200, ["access_token": "t", "token_type": "Bearer"])
    var json = Credential(answer, to: try request(), service: service, now: 0).json
    #expect(Credential(json) != nil)
    json["token_endpoint"] = "https://127.0.0.1/token"
    #expect(Credential(json) == nil)
    #expect(Credential(["token": "t"]) == nil)
  }
}
