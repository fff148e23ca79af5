/// One connection to a remote MCP server: a session, or none where the server keeps none.
///
/// ```
///   send ─▶ POST ─▶ server ─▶ JSON, or a stream of events ─▶ receive
///                   server ─▶ GET stream (legacy only)    ─▶ receive
/// ```
///
/// Each message is a request of its own, so that an answer belongs to the request that it came
/// on; a reply with another id on it is dropped (row H19). A session that the server has forgotten
/// is opened anew once, and what was refused for it is sent again, because it was not executed
/// (row H08). Nothing else is ever sent twice.
///
/// Invariants: one origin, credentials only to it; redirects are never followed; a request leaves
/// through exactly one of answer, failure and cancel. Costs: a message is copied once and, for a
/// modern server, scanned once more for its headers.
import HTTP
package import Loop
import MCP
package import RawJSON
package import Resilience
package import Telemetry

@EventLoop
package final class RemoteBackend: ServiceBackend {
  let endpoint: RemoteEndpoint
  let client: HTTPClient
  /// The credential of a login, where the manifest has none.
  let login: RemoteLogin?
  var handshake: RemoteHandshake

  /// Requests that wait for an answer, by their ids.
  var requests: [UInt64: RemoteRequest] = [:]
  /// Everything else that is under way: notifications, answers, and streams after their reply.
  var others: [ObjectIdentifier: RemoteRequest] = [:]
  /// What the server says unasked.
  var stream: RemoteRequest?
  var streamTimer: LoopTimer?
  var streamEventID: [UInt8] = []
  /// The server has no such stream.
  var streamIsRefused = false

  /// `Mcp-Session-Id`, where the server gave one.
  var sessionID: String?
  /// How many sessions there have been.
  var sessionNumber = 0
  /// A session is being opened in place of one that is gone; what is sent meanwhile is held.
  var isRenewing = false
  var held: [RemoteRequest] = []
  /// What tools want in headers, by their names.
  var parameterHeaders: [[UInt8]: ParameterHeaders]
  /// Calls that were refused for their headers and wait for the tools to be listed anew.
  var awaitingTools: [RemoteRequest] = []
  /// Requests that were refused for their token and wait for a new one.
  var awaitingLogin: [RemoteRequest] = []
  /// Where messages go: the manifest's path, or what HTTP+SSE has named.
  var messageTarget: String

  /// Streams of requests that wait to be asked for again.
  var resumptions: [ObjectIdentifier: LoopTimer] = [:]
  var startTimer: LoopTimer?
  var sweepTimer: LoopTimer?
  var ending: BackendEnding?
  private var isPaused = false
  private var unsentBytes = 0

  /// - parameterHeaders: what is known of the tools from an earlier list.
  /// - connections: open at the same time at most.
  package init(
    _ endpoint: RemoteEndpoint, login: RemoteLogin?, service: String, handshake: RemoteHandshake,
    parameterHeaders: [[UInt8]: ParameterHeaders], settings: BackendSettings, connections: Int,
    delegate: any ServiceBackendDelegate, log: Log
  ) {
    self.endpoint = endpoint
    self.login = login
    self.handshake = handshake
    self.parameterHeaders = parameterHeaders
    messageTarget = endpoint.target
    client = HTTPClient(origin: endpoint.origin, connections: connections)
    super.init(service: service, settings: settings, delegate: delegate, log: log)
  }

  /// Begins to open the connection. Nothing is heard of it within this call.
  package func begin() {
    limitStart()
    renewLogin { [self] in perform(handshake.begin()) }
  }

  package override var place: (name: StaticString, value: String) {
    ("origin", endpoint.originText)
  }
  /// Bodies whose answers have not begun.
  package override var queuedBytes: Int { unsentBytes }
  var isModern: Bool { revision.era == .modern }

  // MARK: Sending

  package override func send(
    _ line: UnsafeRawBufferPointer, edited splice: inout Splice, for exchange: any Exchange
  ) {
    post(splice.applied(to: line.bytes), for: exchange)
  }

  package override func send(_ message: [UInt8], for exchange: any Exchange) {
    post(message, for: exchange)
  }

  func post(_ body: [UInt8], for exchange: any Exchange, isOfHandshake: Bool = false) {
    let id = pending.open(Pending(exchange: exchange, endsAt: 0))
    let request = RemoteRequest(
      .request(id), body: body, isOfHandshake: isOfHandshake, of: self)
    requests[id] = request
    begin(request)
  }

  package override func write(_ message: [UInt8]) {
    guard ending == nil else { return }
    tell(RemoteRequest(.message, body: message, of: self))
  }

  func tell(_ request: RemoteRequest) {
    others[ObjectIdentifier(request)] = request
    begin(request)
  }

  /// Closes the request's connection, which is how a modern server hears of it; a legacy one is
  /// told besides, since there an end of the connection says nothing.
  package override func cancel(_ id: UInt64, reason: StaticString) {
    guard pending.abandon(id) != nil else { return }
    guard let request = requests.removeValue(forKey: id) else { return }
    let wasHeld = held.contains { $0 === request }
    held.removeAll { $0 === request }
    awaitingTools.removeAll { $0 === request }
    awaitingLogin.removeAll { $0 === request }
    drop(request)
    guard isAccepting else { return }
    if !isModern, !wasHeld { write(Messages.cancelled(id, reason: reason)) }
    delegate.backendHasRoom(self)
  }

  func begin(_ request: RemoteRequest) {
    if isRenewing, !request.isOfHandshake { return held.append(request) }
    request.session = sessionNumber
    unsentBytes += request.body.count
    request.start(httpRequest(for: request), on: client, isPaused: isPaused)
  }

  /// Closes a request's connection and forgets it.
  func drop(_ request: RemoteRequest) {
    resumptions.removeValue(forKey: ObjectIdentifier(request))?.stop()
    others.removeValue(forKey: ObjectIdentifier(request))
    if request.head == nil { noteSent(request) }
    request.cancel()
  }

  /// Its body is no burden any more.
  func noteSent(_ request: RemoteRequest) {
    unsentBytes = max(0, unsentBytes - request.body.count)
  }

  package override func complaint(aboutTool json: [UInt8]) -> String? {
    guard isModern else { return nil }
    let whole = ByteRange(start: 0, end: json.count)
    do throws(ParameterHeaders.Malformed) {
      _ = try ParameterHeaders(tool: json.span.bytes, at: whole)
      return nil
    } catch {
      return error.message
    }
  }

  package override func setPaused(_ isPaused: Bool) {
    guard isPaused != self.isPaused else { return }
    self.isPaused = isPaused
    for request in allRequests { request.setPaused(isPaused) }
  }

  package override func stop(_ patience: StopSequence.Patience) { end(.stopped) }

  package override func giveUp(_ why: String) { end(.crashed(why)) }

  var allRequests: [RemoteRequest] {
    Array(requests.values) + others.values + (stream.map { [$0] } ?? [])
  }

  // MARK: The requests of HTTP

  private func httpRequest(for request: RemoteRequest) -> HTTPRequest {
    var method = "POST"
    var target = messageTarget
    switch request.purpose {
    case .request where request.isResumption: method = "GET"
    case .request, .message: break
    case .stream:
      method = "GET"
      target = endpoint.target
    case .goodbye: method = "DELETE"
    }
    var built = HTTPRequest(
      method: method, target: target, headers: endpoint.headers,
      body: method == "POST" ? .bytes(request.body) : .none, limits: Self.limits)
    built.mayRepeat = false
    if request.purpose == .goodbye { built.limits.total = Self.goodbyeTime }
    built.headers += headers(of: request, isPost: method == "POST")
    request.authorization = login?.authorization
    if let login = request.authorization { built.headers.append(.init("Authorization", login)) }
    return built
  }

  private func headers(of request: RemoteRequest, isPost: Bool) -> [HTTPHeader] {
    var headers = [
      HTTPHeader("Accept", isPost ? "application/json, text/event-stream" : "text/event-stream")
    ]
    if isPost { headers.append(HTTPHeader("Content-Type", "application/json")) }
    if isModern || handshake.isDiscovering {
      headers.append(HTTPHeader(RemoteHeader.version, Revision.newest.rawValue))
      return headers + RemoteHeader.describing(request.body, parameterHeaders, &request.method)
    }
    // The first message of a session has no session yet.
    if !request.isOfHandshake || request.id == nil {
      // Since 2025-06-18.
      if let introduction, introduction.revision >= .r2025_06_18 {
        headers.append(HTTPHeader(RemoteHeader.version, introduction.revision.rawValue))
      }
      if let sessionID { headers.append(HTTPHeader(RemoteHeader.session, sessionID)) }
    }
    let last = request.purpose == .stream ? streamEventID : request.resumesFrom
    if !isPost, !last.isEmpty, last.allSatisfy({ (0x20...0x7E).contains($0) }) {
      headers.append(HTTPHeader(RemoteHeader.lastEvent, String(decoding: last, as: UTF8.self)))
    }
    return headers
  }

  /// Calls have deadlines of their own, and streams have none.
  private static let limits = HTTPLimits(
    connect: .seconds(10), idle: nil, total: nil, responseBytes: .max)
  /// For the end of a session, which nobody waits for any longer.
  private static let goodbyeTime = Duration.milliseconds(500)
}
