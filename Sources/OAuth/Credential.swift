import HTTP
package import RawJSON

/// What a login has brought, for one service and from one issuer; what is kept on disk.
///
/// It is used for nothing else: `isFor` says whether a manifest's address is the one that it was
/// made for, and a refresh goes only to the token endpoint that its issuer has named.
package struct Credential: Hashable, Sendable {
  /// The manifest's address at the time of the login.
  package let service: String
  package let resource: String
  package let issuer: String
  package let tokenEndpoint: WebAddress
  package let client: ClientIdentity
  package private(set) var token: String
  package private(set) var refresh: String?
  /// Seconds since 1970; nil if it is not known.
  package private(set) var expires: Int64?

  /// Seconds before its end in which a token is not used any more: the request takes a while.
  static let margin: Int64 = 30

  package init(_ answer: TokenAnswer, to request: AuthorizationRequest, service: String, now: Int64)
  {
    self.service = service
    resource = request.resource
    issuer = request.server.issuer
    tokenEndpoint = request.server.tokenEndpoint
    client = request.client
    token = answer.token
    refresh = answer.refresh
    expires = answer.lifetime.map { now + $0 }
  }

  /// Takes what a refresh has brought; an old refresh token stays good unless there is a new one.
  package mutating func refreshed(_ answer: TokenAnswer, now: Int64) {
    token = answer.token
    refresh = answer.refresh ?? refresh
    expires = answer.lifetime.map { now + $0 }
  }

  /// The refresh token is not taken any more: nobody tries it again.
  package mutating func refreshRefused() { refresh = nil }

  package func isFor(_ address: String) -> Bool { service.isByteEqual(to: address) }
  package func isOver(at now: Int64) -> Bool { expires.map { $0 - Self.margin <= now } ?? false }

  // MARK: On disk

  package var json: JSONValue {
    var value: JSONValue = [
      "service": .string(service), "resource": .string(resource), "issuer": .string(issuer),
      "token_endpoint": .string(tokenEndpoint.text), "client_id": .string(client.id),
      "client_authentication": .string(client.authentication.rawValue), "token": .string(token),
    ]
    value["client_secret"] = client.secret.map { .string($0) }
    value["refresh_token"] = refresh.map { .string($0) }
    value["expires"] = expires.map { .number(JSONNumber(Int($0))) }
    return value
  }

  /// Reads what `json` wrote; nil for everything else.
  package init?(_ json: JSONValue) {
    guard let service = json["service"]?.stringValue, let resource = json["resource"]?.stringValue,
      let issuer = json["issuer"]?.stringValue, let token = json["token"]?.stringValue,
      let endpoint = json["token_endpoint"]?.stringValue, let id = json["client_id"]?.stringValue,
      let way = json["client_authentication"]?.stringValue
        .flatMap(ServerMetadata.ClientAuthentication.init(rawValue:)),
      let home = try? WebAddress(service),
      let tokenEndpoint = try? WebAddress(endpoint, as: "'token_endpoint'", namedBy: home)
    else { return nil }
    self.service = service
    self.resource = resource
    self.issuer = issuer
    self.tokenEndpoint = tokenEndpoint
    client = ClientIdentity(
      id: id, secret: json["client_secret"]?.stringValue, authentication: way)
    self.token = token
    refresh = json["refresh_token"]?.stringValue
    expires = json["expires"]?.intValue.map { Int64($0) }
  }
}
