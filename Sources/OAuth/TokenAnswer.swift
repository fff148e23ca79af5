package import RawJSON

/// What a token endpoint has answered (RFC 6749 section 5), checked.
package struct TokenAnswer: Hashable, Sendable {
  package let token: String
  package let refresh: String?
  /// Seconds; nil if it does not say.
  package let lifetime: Int64?
  package let scope: String?

  /// More than this is not believed; a token is tried until it is refused.
  static let longestLifetime: Int64 = 366 * 86_400

  /// - Parameters:
  ///   - status: of the response.
  ///   - body: what it says; nil if that is no JSON.
  package init(status: Int, _ body: JSONValue?) throws(Refusal) {
    guard status == 200, let body, body.objectValue != nil, body["error"] == nil else {
      throw Refusal(Self.explanation(status, body))
    }
    guard let type = body["token_type"]?.stringValue,
      type.utf8.map({ $0 | 0x20 }).elementsEqual("bearer".utf8)
    else { throw Refusal("The token endpoint gave a token that is no bearer token.") }
    guard let token = body["access_token"]?.stringValue, Self.isToken(token) else {
      throw Refusal("The token endpoint gave no token that can be sent.")
    }
    let refresh = body["refresh_token"]?.stringValue
    guard refresh.map(ClientIdentity.isPrintable) ?? true else {
      throw Refusal("The token endpoint gave a refresh token that cannot be sent.")
    }
    self.token = token
    self.refresh = refresh
    lifetime = body["expires_in"]?.intValue.map { min(max(0, Int64($0)), Self.longestLifetime) }
    scope = body["scope"]?.stringValue
  }

  /// Whether nothing but a new login helps: the grant is over, or for another resource (RFC 8707).
  package static func isOver(_ body: JSONValue?) -> Bool {
    ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_target"]
      .contains(body?["error"]?.stringValue ?? "")
  }

  /// `b64token` of RFC 6750: it goes into a header.
  private static func isToken(_ text: String) -> Bool {
    (1...16_384).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        let letter = byte | 0x20
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
          || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
          || "-._~+/=".utf8.contains(byte)
      }
  }

  private static func explanation(_ status: Int, _ body: JSONValue?) -> String {
    guard let error = body?["error"]?.stringValue else {
      return "The token endpoint answered with status \(status) and no token."
    }
    let why = body?["error_description"]?.stringValue.map { ": " + $0.shown } ?? ""
    return "The token endpoint refused (\(error.shown)\(why))."
  }
}
