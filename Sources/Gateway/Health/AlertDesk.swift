import Backend
import HTTP
import Health
import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// Where alerts go: the log, clients, a webhook, a command.
///
/// What cannot be delivered soon is logged and forgotten: an alert that comes late is worse than
/// none.
@EventLoop
final class AlertDesk {
  /// Commands at the same time; more alerts wait for none of them.
  static let mostCommands = 4

  private unowned let gateway: Gateway
  private let webhook: AlertPost?
  private var commands: [ObjectIdentifier: AlertCommand] = [:]

  init(of gateway: Gateway) {
    self.gateway = gateway
    guard let url = gateway.configuration.gateway.alerts.webhook else {
      webhook = nil
      return
    }
    webhook = Self.client(for: url, gateway, connections: 1).map {
      AlertPost(to: $0.client, target: $0.target, log: gateway.log)
    }
  }

  /// A client for a URL of the configuration, and the path; nil, with a line in the log, if there
  /// is none.
  static func client(
    for url: String, _ gateway: Gateway, connections: Int
  ) -> (client: HTTPClient, target: String)? {
    do throws(HTTPOriginError) {
      var (origin, base) = try HTTPOrigin.parse(
        url, environment: gateway.surroundings.environment)
      // A person has written it into the configuration; no call can.
      origin.allowsPrivateAddresses = true
      let client = HTTPClient(origin: origin, connections: connections, queue: 64)
      return (client, base.isEmpty ? "/" : base)
    } catch {
      gateway.log(.error, "config.url_unusable", ["why": "a URL of the configuration \(error)"])
      return nil
    }
  }

  func tell(_ alert: Alert) {
    log(alert)
    if gateway.configuration.gateway.alerts.clients { gateway.tellClient(alert) }
    webhook?.post(alert.json)
    run(alert)
  }

  private func log(_ alert: Alert) {
    let event = alert.event
    let level: Telemetry.LogLevel =
      switch event.level {
      case .info: .info
      case .warning: .warning
      case .error, .critical: .error
      }
    gateway.log(
      level, event.isResolved ? "alert.resolved" : "alert.raised",
      [
        "service": alert.service, "alert": event.rule.rawValue, "severity": event.level.rawValue,
        "reason": event.reason.rawValue, "message": alert.sentence,
      ])
  }

  private func run(_ alert: Alert) {
    let words = gateway.configuration.gateway.alerts.command
    guard let program = words.first else { return }
    guard commands.count < Self.mostCommands else {
      return gateway.log(.warning, "alert.command_skipped", ["why": "too many run"])
    }
    var process = ProcessSpec()
    process.command = program
    process.arguments = Array(words.dropFirst())
    process.directory = "/"
    do {
      let spec = try Launch.spec(process, inherited: gateway.surroundings.environment)
      let command = try AlertCommand(spec, input: alert.json) { [unowned self] command, status in
        commands[ObjectIdentifier(command)] = nil
        guard status != .exited(0) else { return }
        gateway.log(.warning, "alert.command_failed", ["why": "it \(status)"])
      }
      commands[ObjectIdentifier(command)] = command
    } catch {
      gateway.log(.warning, "alert.command_failed", ["why": "it cannot be started"])
    }
  }
}

extension Gateway {
  /// Clients that want log messages: legacy ones from their level on, modern ones while a request
  /// with a level is with the service.
  func tellClient(_ alert: Alert) {
    guard ending == nil else { return }
    let level = alert.clientLevel
    let service = services.first { $0.name.utf8.elementsEqual(alert.service.utf8) }
    let isWanted =
      session.isInitialized && session.logLevel.map { $0 <= level } == true
      || service?.feed.logWishes.want(level) == true
    guard isWanted, service.map(isHidden) != true else { return }
    session.notify(Notice.line(.message, alert.members))
  }
}
