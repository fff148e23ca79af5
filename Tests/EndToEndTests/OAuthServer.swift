import HTTPTesting
import RawJSON
import Synchronization

/// A remote service and its authorization server on one port, which do on command what they
/// should not.
final class OAuthServer: Sendable {
  struct State {
    /// The number in the newest token; `refresh-N` goes with `token-N`.
    var number = 0
    /// Tokens that the service takes.
    var accepted: Set<String> = []
    /// Members of the documents that are another than they should be, by path.
    var lies: [String: [String: JSONValue]] = [:]
    /// Paths that answer with a redirect to here.
    var redirects: [String: String] = [:]
    /// The `iss` of callbacks.
    var issuer: String?
    /// The refresh tokens that came.
    var refreshed: [String] = []
    var challenge: String?
  }

  let http: RawHTTPServer
  private let script: OAuthScript

  init() throws {
    let script = OAuthScript()
    self.script = script
    http = try RawHTTPServer { script.answer($0, $1) }
    script.url.withLock { $0 = "" }
    let url = http.url
    script.url.withLock { $0 = url }
  }

  var state: State { script.state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { script.state.withLock { body(&$0) } }
  var paths: [String] { http.requests.map { OAuthScript.path(of: $0) } }
}

final class OAuthScript: Sendable {
  let url = Mutex("")
  let state = Mutex(OAuthServer.State())
  private let service = RemoteScript(.modern)

  static func path(of request: RawRequest) -> String {
    String(request.target.prefix { $0 != "?" })
  }

  func answer(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let path = Self.path(of: request)
    if let target = state.withLock({ $0.redirects[path] }) {
      connection.respond("302 Found", ["Location: \(target)"])
      return true
    }
    let base = url.withLock { $0 }
    switch path {
    case "/mcp": return serve(request, connection)
    case "/.well-known/oauth-protected-resource/mcp":
      return document(
        path, ["resource": .string(base + "/mcp"), "authorization_servers": [.string(base)]],
        connection)
    case "/.well-known/oauth-authorization-server":
      return document(path, metadata(base), connection)
    case "/register": return document(path, ["client_id": "client-1"], connection, "201 Created")
    case "/authorize": return authorize(request, connection)
    case "/token": return token(request, connection)
    default:
      connection.respond("404 Not Found")
      return true
    }
  }

  private func metadata(_ base: String) -> JSONValue {
    var document: JSONValue = [:]
    document["issuer"] = .string(base)
    document["authorization_endpoint"] = .string(base + "/authorize")
    document["token_endpoint"] = .string(base + "/token")
    document["registration_endpoint"] = .string(base + "/register")
    document["code_challenge_methods_supported"] = ["S256"]
    document["token_endpoint_auth_methods_supported"] = ["none"]
    document["authorization_response_iss_parameter_supported"] = true
    return document
  }

  private func document(
    _ path: String, _ members: JSONValue, _ connection: RawConnection, _ status: String = "200 OK"
  ) -> Bool {
    var members = members
    for (key, value) in state.withLock({ $0.lies[path] ?? [:] }) { members[key] = value }
    connection.respond(
      status, ["Content-Type: application/json"], members.serialized())
    return true
  }

  /// Allows it at once, as a person does.
  private func authorize(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let fields = Self.fields(String(request.target.split(separator: "?").last ?? ""))
    let issuer = state.withLock { $0.issuer } ?? url.withLock { $0 }
    let target =
      (fields["redirect_uri"] ?? "") + "?code=code-1&state=\(fields["state"] ?? "")&iss=\(issuer)"
    connection.respond("302 Found", ["Location: \(target)"])
    return true
  }

  private func token(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let fields = Self.fields(String(decoding: request.body, as: UTF8.self))
    let number = state.withLock { state -> Int? in
      if let refresh = fields["refresh_token"] {
        state.refreshed.append(refresh)
        // Each is good once.
        guard refresh == "refresh-\(state.number)" else { return nil }
      }
      state.number += 1
      state.accepted = ["Bearer token-\(state.number)"]
      return state.number
    }
    guard let number else {
      connection.respond(
        "400 Bad Request", ["Content-Type: application/json"],
        Array(#"{"error":"invalid_grant"}"#.utf8))
      return true
    }
    return document(
      "/token",
      [
        "access_token": "token-\(number)", "token_type": "Bearer",
        "refresh_token": "refresh-\(number)", "expires_in": 3600,
      ], connection)
  }

  private func serve(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let credential = request.values(of: "Authorization").first ?? ""
    let (isKnown, challenge) = state.withLock { ($0.accepted.contains(credential), $0.challenge) }
    if isKnown { return service.answer(request, connection) }
    let place = url.withLock { $0 } + "/.well-known/oauth-protected-resource/mcp"
    let value = challenge ?? "Bearer resource_metadata=\"\(place)\", scope=\"mcp\""
    connection.respond("401 Unauthorized", ["WWW-Authenticate: \(value)"])
    return true
  }

  /// The fields of a form whose values need no decoding but that of `:` and `/`.
  static func fields(_ form: String) -> [String: String] {
    var fields: [String: String] = [:]
    for field in form.split(separator: "&") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      fields[parts[0]] = parts[1].replacing("%3A", with: ":").replacing("%2F", with: "/")
    }
    return fields
  }
}
