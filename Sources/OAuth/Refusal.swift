/// OAuth: how a remote server is logged in to, as values (OAuth 2.1, the MCP authorization
/// specification of 2026-07-28).
///
/// ```
///   401 ─▶ Challenge ─▶ ResourceMetadata ─▶ ServerMetadata ─▶ Registration
///                        (RFC 9728)          (RFC 8414, OIDC)  (a document's URL, or RFC 7591)
///   AuthorizationRequest ─▶ browser ─▶ Callback ─▶ TokenRequest ─▶ TokenAnswer ─▶ Credential
///    (PKCE, RFC 8707)                  (state, RFC 9207)
/// ```
///
/// Everything that comes from outside is checked here and nothing is asked for here: whoever drives
/// this makes the requests, and each of them goes to an address that a `WebAddress` has let through.
/// Invariants: a document is used only if it says that it is about what was asked for; an address
/// in it is https unless the service itself is on this machine, and leads inward only if the
/// service's own does; a credential knows its issuer and its service and is for no other. Costs:
/// documents of some KiB, once a login. It refuses plain challenges, other token types than Bearer,
/// and servers without S256.
package struct Refusal: Error, Hashable, Sendable {
  /// One sentence without secrets.
  package var message: String

  package init(_ message: String) { self.message = message }
}

extension Refusal: CustomStringConvertible {
  package var description: String { message }
}

extension String {
  /// Swift's `==` holds for texts that differ in bytes; identifiers must not.
  func isByteEqual(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// Cut and made harmless, for a message.
  var shown: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.prefix(120).map { scalar in
          scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || scalar.properties.generalCategory == .format ? "?" : scalar
        }))
  }
}
