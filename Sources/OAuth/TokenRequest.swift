package import HTTP

/// A request to a token endpoint, without the endpoint: its headers and its form.
package struct TokenRequest: Hashable, Sendable {
  package let headers: [HTTPHeader]
  package let body: String

  /// Brings the code of a callback.
  package static func exchange(_ code: String, for request: AuthorizationRequest) -> TokenRequest {
    TokenRequest(
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", request.redirect),
        ("code_verifier", request.proof.verifier), ("resource", request.resource),
      ], request.client)
  }

  /// Asks for a new token; nil where there is nothing to ask with.
  package static func refresh(_ credential: Credential) -> TokenRequest? {
    credential.refresh.map { refresh in
      TokenRequest(
        [
          ("grant_type", "refresh_token"), ("refresh_token", refresh),
          ("resource", credential.resource),
        ], credential.client)
    }
  }

  private init(_ fields: [(String, String)], _ client: ClientIdentity) {
    var fields = fields
    var headers = [
      HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
      HTTPHeader("Accept", "application/json"),
    ]
    switch (client.authentication, client.secret) {
    case (.basic, let secret?):
      // RFC 6749 section 2.3.1: both are encoded as in a form first.
      let pair = WebAddress.form([(client.id, secret)])
      let mark = pair.utf8.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      let joined = pair[..<mark] + ":" + pair[pair.utf8.index(after: mark)...]
      headers.append(HTTPHeader("Authorization", "Basic " + Self.base64(Array(joined.utf8))))
    case (.post, let secret?): fields += [("client_id", client.id), ("client_secret", secret)]
    default: fields.append(("client_id", client.id))
    }
    self.headers = headers
    body = WebAddress.form(fields)
  }

  /// With the other alphabet and padding (RFC 4648 section 4).
  private static func base64(_ bytes: [UInt8]) -> String {
    let text = Base64URL.text(bytes).utf8.map { byte in
      byte == UInt8(ascii: "-")
        ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
    }
    return String(decoding: text, as: UTF8.self)
      + String(repeating: "=", count: (4 - text.count % 4) % 4)
  }
}
