package import RawJSON

/// What an authorization server says of itself (RFC 8414, OpenID Connect Discovery 1.0).
package struct ServerMetadata: Hashable, Sendable {
  /// Where to look, in order (MCP authorization, authorization server metadata discovery).
  package static func places(for issuer: WebAddress) -> [WebAddress] {
    let path = issuer.path
    let texts =
      path.isEmpty
      ? ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
      : [
        "/.well-known/oauth-authorization-server" + path,
        "/.well-known/openid-configuration" + path, path + "/.well-known/openid-configuration",
      ]
    return texts.compactMap { issuer.at($0) }
  }

  /// How we say who we are at the token endpoint.
  package enum ClientAuthentication: String, Hashable, Sendable {
    case none
    case post = "client_secret_post"
    case basic = "client_secret_basic"
  }

  /// Byte for byte what credentials are bound to.
  package let issuer: String
  package let authorizationEndpoint: WebAddress
  package let tokenEndpoint: WebAddress
  package let registrationEndpoint: WebAddress?
  /// Whether the URL of a document may stand for a registration.
  package let knowsDocuments: Bool
  /// Whether it names itself in callbacks (RFC 9207); then it must.
  package let namesItself: Bool
  package let scopes: [String]
  package let authentications: [ClientAuthentication]

  /// Reads the document that was found for an issuer.
  ///
  /// - Parameters:
  ///   - issuer: the one that was asked for.
  ///   - service: the manifest's address.
  package init(
    _ document: JSONValue, of issuer: WebAddress, for service: WebAddress
  ) throws(Refusal) {
    let named = document["issuer"]?.stringValue ?? ""
    guard Self.isSame(named, issuer.text) else {
      throw Refusal(
        "The metadata of '\(issuer.text.shown)' is of another issuer, '\(named.shown)'.")
    }
    self.issuer = named
    authorizationEndpoint = try Self.endpoint("authorization_endpoint", document, service)
    tokenEndpoint = try Self.endpoint("token_endpoint", document, service)
    registrationEndpoint =
      document["registration_endpoint"] == nil
      ? nil : try Self.endpoint("registration_endpoint", document, service)
    let methods = document["code_challenge_methods_supported"]?.arrayValue ?? []
    guard methods.contains(where: { $0.stringValue == "S256" }) else {
      throw Refusal("The authorization server does not offer PKCE with S256.")
    }
    knowsDocuments = document["client_id_metadata_document_supported"]?.boolValue ?? false
    namesItself = document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
    scopes = (document["scopes_supported"]?.arrayValue ?? []).compactMap(\.stringValue)
    let names = document["token_endpoint_auth_methods_supported"]?.arrayValue
    // RFC 8414: without a list it is the basic one.
    authentications =
      names.map { $0.compactMap { $0.stringValue.flatMap(ClientAuthentication.init(rawValue:)) } }
      ?? [.basic]
  }

  /// The same but for a `/` at the end where there is no path, which URL types of servers add.
  private static func isSame(_ named: String, _ asked: String) -> Bool {
    if named.isByteEqual(to: asked) { return true }
    guard let named = try? WebAddress(named), let asked = try? WebAddress(asked) else {
      return false
    }
    return named.isSameOrigin(as: asked) && named.target == "/" && asked.target == "/"
  }

  private static func endpoint(
    _ key: String, _ document: JSONValue, _ service: WebAddress
  ) throws(Refusal) -> WebAddress {
    guard let text = document[key]?.stringValue else {
      throw Refusal("The authorization server's metadata has no '\(key)'.")
    }
    return try WebAddress(text, as: "'\(key)' of the authorization server", namedBy: service)
  }
}
