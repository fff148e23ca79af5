package import RawJSON

/// Who we are to an authorization server: the URL of a document about us, or what it has given us
/// when we registered (RFC 7591).
package struct ClientIdentity: Hashable, Sendable {
  package let id: String
  package let secret: String?
  package let authentication: ServerMetadata.ClientAuthentication

  package init(
    id: String, secret: String? = nil,
    authentication: ServerMetadata.ClientAuthentication = .none
  ) {
    self.id = id
    self.secret = secret
    self.authentication = authentication
  }

  /// What is registered: a program on a person's machine, without a secret if it may.
  package static func registration(
    redirect: String, scope: String, for server: ServerMetadata
  ) -> [UInt8] {
    let ways = server.authentications
    let way = ways.contains(.none) || ways.isEmpty ? .none : ways[0]
    var body: JSONValue = [
      "client_name": "Switchyard", "redirect_uris": [.string(redirect)],
      "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
      "token_endpoint_auth_method": .string(way.rawValue), "application_type": "native",
    ]
    if !scope.isEmpty { body["scope"] = .string(scope) }
    return body.serialized()
  }

  /// Reads the answer to a registration.
  package init(registered document: JSONValue) throws(Refusal) {
    guard let id = document["client_id"]?.stringValue, Self.isPrintable(id) else {
      let why = document["error"]?.stringValue.map { " (\($0.shown))" } ?? ""
      throw Refusal("The authorization server did not register us\(why).")
    }
    let secret = document["client_secret"]?.stringValue
    guard secret.map(Self.isPrintable) ?? true else {
      throw Refusal("The authorization server gave a client secret that cannot be sent.")
    }
    let named = document["token_endpoint_auth_method"]?.stringValue
    let way = named.map(ServerMetadata.ClientAuthentication.init(rawValue:))
    guard let way = way ?? (secret == nil ? ServerMetadata.ClientAuthentication.none : .basic)
    else {
      throw Refusal("The authorization server wants to know us in a way that we do not have.")
    }
    guard way == .none || secret != nil else {
      throw Refusal("The authorization server wants a secret and gave none.")
    }
    self.init(id: id, secret: way == .none ? nil : secret, authentication: way)
  }

  /// Visible ASCII and spaces (RFC 6749 appendix A).
  static func isPrintable(_ text: String) -> Bool {
    (1...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }
}
