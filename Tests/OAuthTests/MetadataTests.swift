import HTTP
import RawJSON
import Testing

@testable import OAuth

/// Documents of strangers: what is used of them, and what is refused with the reason.
@Suite struct MetadataTests {
  private let service: WebAddress
  private let inner: WebAddress

  init() throws {
    service = try WebAddress("https://mcp.example.com/tools/mcp")
    inner = try WebAddress("http://127.0.0.1:8000/mcp")
  }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return String(describing: error)
    }
  }

  // MARK: Challenges

  @Test(arguments: [
    (#"Bearer resource_metadata="https://a/b", scope="x y""#, "https://a/b", "x y"),
    (#"bearer scope=x,resource_metadata = "https://a/b""#, "https://a/b", "x"),
    (#"Basic realm="a, Bearer b", Bearer resource_metadata="https://a/b""#, "https://a/b", nil),
    (#"Negotiate YWJj==, Bearer scope="a\"b""#, nil, #"a"b"#),
    (#"Bearer"#, nil, nil),
    (#"Bearer scope="one", Digest scope="two""#, nil, "one"),
    (#"Bearer scope="never closed"#, nil, "never closed"),
  ])
  func `a challenge is found among others`(text: String, place: String?, scope: String?) throws {
    let challenge = try #require(Challenge([text]))
    #expect(challenge.resourceMetadata == place)
    #expect(challenge.scope == scope)
  }

  @Test(arguments: ["", "Basic realm=x", ", ,,", #"Digest nonce="Bearer scope=x""#, "\u{0}=\u{0}"])
  func `no challenge of ours is none`(text: String) {
    #expect(Challenge([text]) == nil)
  }

  // MARK: Addresses

  @Test(arguments: [
    "ftp://a.example/x", "https://user@a.example/", "https://a.example/#x", "javascript:alert(1)",
    "unix:/run/socket", "https://", "//a.example", "https://a.example/?a b", "https://0x7f.1/",
    "https://a.example/../x",
  ])
  func `what is no address of the web is refused`(text: String) {
    #expect(throws: Refusal.self) { try WebAddress(text) }
  }

  @Test(arguments: [
    "https://127.0.0.1/token", "https://localhost/token", "https://169.254.169.254/latest",
    "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:192.168.0.1]/", "https://[fd00::1]/",
  ])
  func `S09: an address that points inward is refused unless the service does`(
    text: String
  ) throws {
    let why = refusal { _ = try WebAddress(text, as: "It", namedBy: service) }
    #expect(why.contains("points inward"), "\(why)")
    #expect(try WebAddress(text, as: "It", namedBy: inner).text == text)
  }

  @Test func `an address without TLS is for this machine only`() throws {
    let why = refusal { _ = try WebAddress("http://as.example.com/", as: "It", namedBy: service) }
    #expect(why.contains("without TLS"), "\(why)")
    #expect(throws: Refusal.self) {
      try WebAddress("http://as.example.com/", as: "It", namedBy: inner)
    }
    #expect(try WebAddress("http://127.0.0.1:9/", as: "It", namedBy: inner).target == "/")
  }

  // MARK: The service's document

  @Test func `the document is where the challenge says, or at the well-known places`() throws {
    let named = "https://mcp.example.com/elsewhere"
    var challenge = Challenge()
    challenge.resourceMetadata = named
    #expect(try ResourceMetadata.places(for: service, challenge).map(\.text) == [named])
    #expect(
      try ResourceMetadata.places(for: service, nil).map(\.text) == [
        "https://mcp.example.com/.well-known/oauth-protected-resource/tools/mcp",
        "https://mcp.example.com/.well-known/oauth-protected-resource",
      ])
    let plain = try WebAddress("https://mcp.example.com")
    #expect(try ResourceMetadata.places(for: plain, nil).count == 1)
    challenge.resourceMetadata = "https://evil.example.com/x"
    let why = refusal { _ = try ResourceMetadata.places(for: service, challenge) }
    #expect(why.contains("not at the service"), "\(why)")
  }

  @Test(arguments: [
    "https://mcp.example.com/tools/mcp", "https://mcp.example.com/tools",
    "https://mcp.example.com/", "https://mcp.example.com",
  ])
  func `a service's document is about the service or what is above it`(resource: String) throws {
    let found = try ResourceMetadata(
      [
        "resource": .string(resource), "authorization_servers": ["https://as.example.com"],
        "scopes_supported": ["a", 7, "b"],
      ], of: service)
    #expect(found.resource == resource)
    #expect(found.servers.map(\.text) == ["https://as.example.com"])
    #expect(found.scopes == ["a", "b"])
  }

  @Test(arguments: [
    (#"{"authorization_servers":["https://as.example.com"]}"#, "does not say"),
    (#"{"resource":"https://mcp.example.com/tools/m"}"#, "another resource"),
    (#"{"resource":"https://mcp.example.com/tools/mcp/x"}"#, "another resource"),
    (#"{"resource":"https://mcp.example.org/tools/mcp"}"#, "another resource"),
    (#"{"resource":"http://mcp.example.com/tools/mcp"}"#, "another resource"),
    (#"{"resource":"https://mcp.example.com/tools/mcp"}"#, "names no authorization server"),
    (
      #"{"resource":"https://mcp.example.com","authorization_servers":["https://192.168.1.1"]}"#,
      "points inward"
    ),
    (
      #"{"resource":"https://mcp.example.com","authorization_servers":["http://a.example"]}"#,
      "without TLS"
    ),
    ("[]", "does not say"),
  ])
  func `a service's document that lies is refused`(text: String, reason: String) throws {
    let document = try JSONValue(parsing: Array(text.utf8))
    let why = refusal { _ = try ResourceMetadata(document, of: service) }
    #expect(why.contains(reason), "\(why)")
  }

  // MARK: The authorization server's document

  @Test(arguments: [
    (
      "https://as.example.com",
      ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
    ),
    (
      "https://as.example.com/tenant/",
      [
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant", "/tenant/.well-known/openid-configuration",
      ]
    ),
  ])
  func `a server's document is looked for in order`(issuer: String, places: [String]) throws {
    #expect(ServerMetadata.places(for: try WebAddress(issuer)).map(\.target) == places)
  }

  static let document: JSONValue = [
    "issuer": "https://as.example.com",
    "authorization_endpoint": "https://as.example.com/authorize",
    "token_endpoint": "https://as.example.com/token",
    "registration_endpoint": "https://as.example.com/register",
    "code_challenge_methods_supported": ["plain", "S256"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "unknown", "none"],
    "authorization_response_iss_parameter_supported": true,
  ]

  private func metadata(_ changes: [String: JSONValue?]) throws -> ServerMetadata {
    var document = Self.document
    for (key, value) in changes { document[key] = value }
    return try ServerMetadata(document, of: WebAddress("https://as.example.com"), for: service)
  }

  @Test func `a server's document is read`() throws {
    let found = try metadata(["client_id_metadata_document_supported": true])
    #expect(found.issuer == "https://as.example.com")
    #expect(found.tokenEndpoint.target == "/token")
    #expect(found.registrationEndpoint?.target == "/register")
    #expect(found.namesItself && found.knowsDocuments)
    #expect(found.authentications == [.post, .none])
    #expect(try metadata(["issuer": "https://as.example.com/"]).issuer.hasSuffix("/"))
    #expect(
      try metadata(["token_endpoint_auth_methods_supported": nil]).authentications == [.basic])
    #expect(try metadata(["registration_endpoint": nil]).registrationEndpoint == nil)
  }

  @Test(arguments: [
    ("issuer", JSONValue.string("https://evil.example.com"), "another issuer"),
    ("issuer", .string("https://as.example.com/x"), "another issuer"),
    ("issuer", .null, "another issuer"),
    ("token_endpoint", .string("https://127.0.0.1/token"), "points inward"),
    ("token_endpoint", .string("http://as.example.com/token"), "without TLS"),
    ("authorization_endpoint", .string("javascript:alert(1)"), "authorization_endpoint"),
    ("authorization_endpoint", .number(JSONNumber(7)), "has no 'authorization_endpoint'"),
    ("registration_endpoint", .string("https://10.0.0.1/"), "points inward"),
    ("code_challenge_methods_supported", .array(["plain"]), "S256"),
  ])
  func `a server's document that lies is refused`(
    key: String, value: JSONValue, reason: String
  ) throws {
    let why = refusal { _ = try metadata([key: value]) }
    #expect(why.contains(reason), "\(why)")
    #expect(throws: Refusal.self) { try metadata(["code_challenge_methods_supported": nil]) }
  }
}
