import Glibc
import HTTP
import Loop
import Manifest
import OAuth
import RawJSON

/// One login, step by step. What each answer may say is decided in `OAuth`.
@EventLoop
struct LoginFlow {
  private let service: WebAddress
  private let headers: [HTTPHeader]
  private let options: Login

  nonisolated init(_ remote: RemoteService, _ options: Login) throws(Refusal) {
    service = try WebAddress(remote.url)
    headers = remote.headers.map { HTTPHeader($0.name, $0.value.exposed) }
    self.options = options
  }

  func outcome() async -> Result<Credential, Refusal> {
    do throws(Refusal) { return .success(try await run()) } catch { return .failure(error) }
  }

  private func run() async throws(Refusal) -> Credential {
    let challenge = try await challenge()
    let resource = try await resourceMetadata(challenge)
    let server = try await serverMetadata(resource)
    let listener = try CallbackListener(port: options.port)
    let scope = options.scope ?? AuthorizationRequest.scope(challenge, resource, server)
    let client = try await client(at: server, redirect: listener.address, scope)
    let request = AuthorizationRequest(
      server: server, resource: resource?.resource ?? service.text, client: client,
      redirect: listener.address, scope: scope, random: Self.random(48))
    show(request.link)
    let callback = try listener.wait(seconds: options.timeout)
    let code = try request.code(from: callback)
    let exchange = TokenRequest.exchange(code, for: request)
    let response = try await ask(
      server.tokenEndpoint, "POST", headers: exchange.headers, body: exchange.body)
    let answer = try TokenAnswer(status: response.head.status, response.json)
    return Credential(answer, to: request, service: service.text, now: Int64(time(nil)))
  }

  /// What a server is asked that is to say whether it wants a login.
  nonisolated static let hello =
    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
    + #""capabilities":{},"clientInfo":{"name":"switchyard","version":"0"}}}"#
  nonisolated static var helloHeaders: [HTTPHeader] {
    [
      HTTPHeader("Content-Type", "application/json"),
      HTTPHeader("Accept", "application/json, text/event-stream"),
    ]
  }

  // MARK: Steps

  /// The server's own words on who may use it, without a token.
  private func challenge() async throws(Refusal) -> Challenge? {
    let response = try await ask(
      service, "POST", headers: headers + Self.helloHeaders, body: Self.hello)
    guard response.head.status != 200 else {
      throw Refusal("The service answers without a login; there is nothing to log in to.")
    }
    let values = response.head.headers.filter { $0.name.lowercased() == "www-authenticate" }
    return Challenge(values.map(\.value))
  }

  private func resourceMetadata(
    _ challenge: Challenge?
  ) async throws(Refusal) -> ResourceMetadata? {
    for place in try ResourceMetadata.places(for: service, challenge) {
      if let document = try await document(at: place) {
        return try ResourceMetadata(document, of: service)
      }
    }
    return nil
  }

  /// Servers of 2025-03-26 say nothing of themselves and are their own authorization servers.
  private func serverMetadata(_ resource: ResourceMetadata?) async throws(Refusal) -> ServerMetadata
  {
    var issuer = try WebAddress(service.originText)
    if let named = resource?.servers.first { issuer = named }
    for place in ServerMetadata.places(for: issuer) {
      if let document = try await document(at: place) {
        return try ServerMetadata(document, of: issuer, for: service)
      }
    }
    throw Refusal("'\(issuer.text)' does not say how to log in: it has no metadata of OAuth.")
  }

  /// A client that is known already, or one that registers now.
  private func client(
    at server: ServerMetadata, redirect: String, _ scope: String
  ) async throws(Refusal) -> ClientIdentity {
    if let id = options.clientId {
      if id.hasPrefix("https://"), !server.knowsDocuments {
        throw Refusal("The authorization server takes no documents in place of a registration.")
      }
      guard let secret = Process.environment["SWITCHYARD_CLIENT_SECRET"], !secret.isEmpty else {
        return ClientIdentity(id: id)
      }
      let way = server.authentications.first { $0 != .none } ?? .basic
      return ClientIdentity(id: id, secret: secret, authentication: way)
    }
    guard let endpoint = server.registrationEndpoint else {
      throw Refusal(
        "The authorization server registers nobody; register Switchyard there and give --client-id."
      )
    }
    let body = ClientIdentity.registration(redirect: redirect, scope: scope, for: server)
    let response = try await ask(
      endpoint, "POST", headers: [HTTPHeader("Content-Type", "application/json")],
      body: String(decoding: body, as: UTF8.self))
    return try ClientIdentity(registered: response.json ?? .null)
  }

  // MARK: Asking

  /// Nil where there is none.
  private func document(at place: WebAddress) async throws(Refusal) -> JSONValue? {
    let accept = HTTPHeader("Accept", "application/json")
    // Our own headers are for the service's origin alone, and may say who we are.
    let own = place.isSameOrigin(as: service) ? headers : []
    let response = try await ask(place, "GET", headers: own + [accept])
    return response.head.status == 200 ? response.json : nil
  }

  private func ask(
    _ place: WebAddress, _ method: String, headers: [HTTPHeader], body: String? = nil
  ) async throws(Refusal) -> HTTPResponse {
    let result = await withCheckedContinuation { continuation in
      place.ask(method, headers: headers, body: body, environment: Process.environment) {
        continuation.resume(returning: $0)
      }
    }
    return try result.get()
  }

  private func show(_ link: String) {
    Terminal.error.write(
      """
      Open this link in a browser and allow Switchyard to use \(options.service):

        \(link)

      If the browser is on another machine, paste the address that it ends at here.

      """)
    if !options.noBrowser { Browser.open(link) }
  }

  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

/// The command in `$BROWSER`, or the desktop's browser.
private enum Browser {
  /// Nothing is waited for, and nothing is said if there is none: the link is on the screen.
  static func open(_ link: String) {
    let environment = Process.environment
    let hasDesktop = environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil
    guard let command = environment["BROWSER"] ?? (hasDesktop ? "xdg-open" : nil) else { return }
    let texts: [String] = [command, link]
    var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var pid: pid_t = 0
    _ = posix_spawnp(&pid, command, &actions, nil, &words, environ)
  }
}
