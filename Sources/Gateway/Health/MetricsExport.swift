import Glibc
import HTTP
import Loop
import MCP
import Manifest
import Resilience
import Telemetry

/// Brings metrics to where `metrics` of gateway.yaml says: a file, a collector.
@EventLoop
final class MetricsExport {
  private static let patience = Duration.seconds(10)
  /// Failures are logged at most this often.
  private static let complaintPause = Duration.seconds(60)

  private unowned let watch: HealthWatch
  private let settings: GatewayConfiguration.Metrics
  private let collector: (client: HTTPClient, target: String)?
  private let startedAt = wallClock()
  private var timer: LoopTimer?
  private var spans = SpanBuffer()
  private var isPosting = false
  private var lastComplaint: Instant?

  /// Nil where nothing is wanted.
  init?(of watch: HealthWatch) {
    let settings = watch.gateway.configuration.gateway.metrics
    guard settings.folder != nil || settings.collector != nil else { return nil }
    self.watch = watch
    self.settings = settings
    collector = settings.collector.flatMap {
      AlertDesk.client(for: $0, watch.gateway, connections: 2)
    }
    let timer = LoopTimer { [unowned self] in export() }
    self.timer = timer
    timer.start(after: settings.every, every: settings.every)
  }

  /// The file of this gateway goes with it.
  func close() {
    timer?.stop()
    if let path { unlink(path) }
  }

  /// Whether there is somebody to send spans to.
  var wantsSpans: Bool { collector != nil }

  /// Keeps a call for the collector: below the client's span where it named one, and not at all
  /// where the client does not record that.
  func observed(_ observation: Observation, _ record: HealthRecord) {
    guard collector != nil, observation.trace?.isSampled != false else { return }
    let now = Self.wallClock()
    let name = observation.entry.map { String(decoding: $0.publicName, as: UTF8.self) } ?? ""
    spans.add(
      CallSpan(
        trace: observation.trace?.trace ?? (.random(in: 1 ... .max), .random(in: 1 ... .max)),
        id: .random(in: 1 ... .max), parent: observation.trace?.span ?? 0,
        service: record.name, tool: name, method: observation.method.name,
        revision: record.revision, end: observation.outcome, attempt: observation.attempt,
        startedAt: now - observation.duration, endedAt: now))
  }

  private func export() {
    writeFile()
    post()
  }

  // MARK: The file

  private var path: String? {
    settings.folder.map { $0 + "/switchyard-\(getpid()).prom" }
  }

  /// Readers find the old file or the new one, never a part.
  private func writeFile() {
    guard let path else { return }
    let text = watch.prometheusText
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { return complain("metrics.file_failed", "it cannot be written") }
    let count = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    Glibc.close(descriptor)
    guard count == text.count, rename(draft, path) == 0 else {
      unlink(draft)
      return complain("metrics.file_failed", "it cannot be written")
    }
  }

  // MARK: The collector

  private func post() {
    guard let collector, !isPosting else { return }
    isPosting = true
    let base = collector.target == "/" ? "" : collector.target
    let metrics = OTLPMetrics.request(
      watch.families, from: startedAt, to: Self.wallClock(), of: source)
    send(metrics, to: base + "/v1/metrics", on: collector.client) { [unowned self] in
      let finished = spans.takeAll()
      guard !finished.isEmpty else {
        isPosting = false
        return
      }
      let traces = OTLPTraces.request(finished, of: source)
      send(traces, to: base + "/v1/traces", on: collector.client) { [unowned self] in
        isPosting = false
      }
    }
  }

  private var source: OTLPSource {
    OTLPSource(version: Product.version, instance: String(getpid()))
  }

  private func send(
    _ body: [UInt8], to target: String, on client: HTTPClient, then: @escaping @EventLoop () -> Void
  ) {
    let patience = Self.patience
    let request = HTTPRequest(
      method: "POST", target: target, headers: [HTTPHeader("Content-Type", "application/json")],
      body: .bytes(body),
      limits: HTTPLimits(connect: patience, idle: patience, total: patience, responseBytes: 1 << 16)
    )
    client.fetch(request) { [unowned self] outcome in
      switch outcome {
      case .success(let response) where response.head.status < 300: break
      case .success(let response):
        complain("metrics.collector_failed", "it answered \(response.head.status)")
      case .failure(let error):
        complain("metrics.collector_failed", Printable.text("\(error)".utf8))
      }
      then()
    }
  }

  private func complain(_ event: StaticString, _ why: String) {
    let now = EventLoop.now
    if let last = lastComplaint, now - last < Self.complaintPause { return }
    lastComplaint = now
    watch.gateway.log(.warning, event, ["why": why])
  }

  /// Nanoseconds since 1970.
  private static func wallClock() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
  }
}
