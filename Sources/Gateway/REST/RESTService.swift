import Backend
import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// A service that is an HTTP API: a sibling of `Service`, without a process and without discovery.
///
/// What it offers stands in its manifest, so it is in the catalogue from the start and nothing is
/// asked for it. Its backend, and with it libcurl, comes with the first call.
@EventLoop
final class RESTService {
  /// REST services have numbers from here on, those with a process smaller ones.
  static let firstIndex = 1 << 20

  /// Its number in the catalogue.
  let index: Int
  let manifest: ServiceManifest
  let offer: Offer
  private let api: REST.Service
  private let tools: [SharedTool]
  private let environment: [String: String]
  private let log: Log
  private var opened: RESTBackend?
  var breaker = CircuitBreaker()
  /// What went wrong last, for the errors of an open breaker.
  var lastTrouble = ""
  /// The log messages that modern requests in flight with it want.
  var logWishes = LogWishes()
  /// When clients were last told that calls wait.
  var lastWaiting: Instant?
  /// Calls that have begun and not ended.
  private(set) var inFlight = 0
  private var isLeaving = false
  /// Answers slowly or with trouble; said by the health checks.
  var isDegraded = false

  init(
    index: Int, manifest: ServiceManifest, api: REST.Service, environment: [String: String],
    log: Log
  ) {
    self.index = index
    self.manifest = manifest
    self.api = api
    self.environment = environment
    tools = api.tools.map { SharedTool($0) }
    self.log = log
    var offer = Offer(
      introduction: .init(revision: .newest, capabilities: Array(#"{"tools":{}}"#.utf8)))
    offer.items[.tools] = api.tools.map { tool in
      Offer.Item(name: Array(tool.name.utf8), json: tool.definition(named: tool.name))
    }
    self.offer = offer
  }

  var name: String { manifest.name }

  /// The way to the API; made at the first call.
  var backend: RESTBackend {
    if let opened { return opened }
    let backend = RESTBackend(
      api, service: name, limits: manifest.limits, environment: environment, log: log)
    opened = backend
    return backend
  }

  func callBegins() { inFlight += 1 }

  func callEnded() {
    inFlight -= 1
    closeIfLeft()
  }

  /// It is not served any more: its connections end with the last of its calls.
  func leave() {
    isLeaving = true
    closeIfLeft()
  }

  /// At the end of the turn: its client may be what tells of the end of the call.
  private func closeIfLeft() {
    guard isLeaving, inFlight == 0, opened != nil else { return }
    EventLoop.atEndOfTurn { [self] in if inFlight == 0 { opened = nil } }
  }

  /// The client is slow, or no longer.
  func setPaused(_ isPaused: Bool) { opened?.setPaused(isPaused) }

  func tool(named name: [UInt8]) -> SharedTool? {
    tools.first { $0.value.name.utf8.elementsEqual(name) }
  }

  /// Without progress; the tool's own `timeout` wins.
  func patience(for tool: REST.Tool) -> Int64 {
    (tool.timeout ?? manifest.limits.timeout).inNanoseconds
  }
}
