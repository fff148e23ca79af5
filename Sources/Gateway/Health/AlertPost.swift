import HTTP
import Loop
import Resilience
import Telemetry

/// Brings alerts to the webhook, in the order in which they were raised.
///
/// One is under way at a time, so that nobody hears of the end of an alert before its beginning.
/// What the other side does not take is posted again after a pause, a few times; what it refuses
/// (a status below 500 other than 408 and 429) is not. Alerts that come meanwhile wait.
@EventLoop
final class AlertPost {
  /// Posts of one alert at most.
  static let attempts = 4
  /// Alerts that wait; more are logged and dropped.
  static let mostWaiting = 64
  private static let patience = Duration.seconds(10)
  private static let backoff = Backoff(first: .milliseconds(500), longest: .seconds(30))

  private let client: HTTPClient
  private let target: String
  private let log: Log
  /// The first is under way.
  private var alerts: [[UInt8]] = []
  /// Posts of the first that have failed.
  private var failures = 0
  private var timer: LoopTimer?

  init(to client: HTTPClient, target: String, log: Log) {
    self.client = client
    self.target = target
    self.log = log
  }

  func post(_ alert: [UInt8]) {
    guard alerts.count < Self.mostWaiting else {
      return log(.warning, "alert.webhook_failed", ["why": "too many alerts wait"])
    }
    alerts.append(alert)
    if alerts.count == 1 { send() }
  }

  private func send() {
    guard let alert = alerts.first else { return }
    let patience = Self.patience
    let request = HTTPRequest(
      method: "POST", target: target, headers: [HTTPHeader("Content-Type", "application/json")],
      body: .bytes(alert),
      limits: HTTPLimits(connect: patience, idle: patience, total: patience, responseBytes: 1 << 16)
    )
    client.fetch(request) { outcome in
      switch outcome {
      case .success(let response) where response.head.status < 300: self.goOn()
      case .success(let response):
        let status = response.head.status
        self.failed(
          "it answered \(status)", isFinal: status < 500 && status != 408 && status != 429)
      case .failure(let error): self.failed(Printable.text("\(error)".utf8), isFinal: false)
      }
    }
  }

  private func failed(_ why: String, isFinal: Bool) {
    failures += 1
    guard !isFinal, failures < Self.attempts else {
      log(.warning, "alert.webhook_failed", ["why": why, "attempts": String(failures)])
      return goOn()
    }
    let pause = Self.backoff.pause(after: failures, random: .random(in: 0..<1))
    let timer = timer ?? LoopTimer { [unowned self] in send() }
    self.timer = timer
    timer.start(after: max(pause, .milliseconds(1)))
  }

  private func goOn() {
    failures = 0
    alerts.removeFirst()
    send()
  }
}
