/// What a browser is sent to the authorization server with, and what it comes back with.
package struct AuthorizationRequest: Hashable, Sendable {
  package let server: ServerMetadata
  /// What the token is for (RFC 8707).
  package let resource: String
  package let client: ClientIdentity
  package let redirect: String
  package let scope: String
  /// What the callback must bring back; not to be guessed.
  package let state: String
  package let proof: Proof

  /// - Parameter random: 48 bytes that nobody can guess.
  package init(
    server: ServerMetadata, resource: String, client: ClientIdentity, redirect: String,
    scope: String, random: [UInt8]
  ) {
    self.server = server
    self.resource = resource
    self.client = client
    self.redirect = redirect
    self.scope = scope
    proof = Proof(random: Array(random.prefix(32)))
    state = Base64URL.text(Array(random.dropFirst(32)))
  }

  /// What is to be asked for: what the challenge says, else all that the service knows of; with
  /// `offline_access` where the server knows it, since that is what a refresh token is asked by.
  package static func scope(
    _ challenge: Challenge?, _ resource: ResourceMetadata?, _ server: ServerMetadata
  ) -> String {
    var scope = challenge?.scope ?? (resource?.scopes ?? []).joined(separator: " ")
    let wanted = scope.utf8.split(separator: 0x20)
    if server.scopes.contains("offline_access"), !scope.isEmpty,
      !wanted.contains(where: { $0.elementsEqual("offline_access".utf8) })
    {
      scope += " offline_access"
    }
    return scope
  }

  /// The address for the browser.
  package var link: String {
    var fields = [
      ("response_type", "code"), ("client_id", client.id), ("redirect_uri", redirect),
      ("state", state), ("code_challenge", proof.challenge), ("code_challenge_method", "S256"),
      ("resource", resource),
    ]
    if !scope.isEmpty { fields.append(("scope", scope)) }
    let endpoint = server.authorizationEndpoint.text
    let mark = endpoint.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    return endpoint + mark + WebAddress.form(fields)
  }

  /// The code that a callback brings.
  ///
  /// - Parameter callback: the query of the request, or the whole address, as a person pastes it.
  /// - Throws: it is no answer to this request, or it says no.
  package func code(from callback: String) throws(Refusal) -> String {
    let trimmed = callback.utf8.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != UInt8(ascii: "#") }
    let text = String(decoding: trimmed, as: UTF8.self)
    let query = text.utf8.firstIndex(of: UInt8(ascii: "?")).map {
      text[text.utf8.index(after: $0)...]
    }
    guard let fields = WebAddress.fields(of: String(query ?? text[...])) else {
      throw Refusal("The answer of the browser cannot be read.")
    }
    // First: whoever does not know the state is not who we have asked.
    guard let returned = fields["state"], returned.isByteEqual(to: state) else {
      throw Refusal("The answer of the browser belongs to another login.")
    }
    if let issuer = fields["iss"] {
      guard issuer.isByteEqual(to: server.issuer) else {
        throw Refusal(
          "The answer comes from '\(issuer.shown)' and not from '\(server.issuer.shown)'.")
      }
    } else if server.namesItself {
      throw Refusal("The answer does not say which server it comes from ('iss').")
    }
    if let error = fields["error"] {
      let why = fields["error_description"].map { ": " + $0.shown } ?? ""
      throw Refusal("The authorization server refused (\(error.shown)\(why)).")
    }
    guard let code = fields["code"], !code.isEmpty else {
      throw Refusal("The answer of the browser has no code.")
    }
    return code
  }
}
