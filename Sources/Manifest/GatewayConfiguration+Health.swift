import YAML

// How services are watched, and who is told.

extension GatewayConfiguration {
  /// Health checks.
  package struct Health: Hashable, Sendable {
    /// Between two checks of a running service; zero makes none.
    package var every = Duration.seconds(30)
    /// For the answer to a check.
    package var timeout = Duration.seconds(5)
    /// The median of the latest checks above which a service is degraded.
    package var degradedOver = Duration.seconds(2)
    /// Failures in a row, of calls and checks, that make a service down.
    package var failures = 3
    /// Changes and alerts that the state file keeps.
    package var history = 1_000

    package static let defaults = Health()
  }

  /// How much an alert matters, or that it is not told.
  package enum AlertLevel: String, CaseIterable, Sendable {
    case off, info, warning, error, critical
  }

  /// What people are alerted of, and how.
  package struct Alerts: Hashable, Sendable {
    package var degraded = AlertLevel.warning
    package var down = AlertLevel.error
    package var flapping = AlertLevel.critical
    /// A condition is told when it has held for this long.
    package var after = Duration.seconds(5)
    /// And is over when it has not held for this long.
    package var clearAfter = Duration.seconds(10)
    /// Between two times that the same alert of a service is told.
    package var cooldown = Duration.seconds(300)
    /// Whether clients that want log messages are told.
    package var clients = true
    /// Where alerts are posted to.
    package var webhook: String?
    /// What is run for each alert, with the alert as JSON on its stdin.
    package var command: [String] = []

    package static let defaults = Alerts()
  }

  /// What the gateway tells about itself to its client.
  package struct Surface: Hashable, Sendable {
    package var tools = false
    package var resources = false
    /// Whether a client may switch services on and off.
    package var switches = false

    package static let defaults = Surface()
  }

  /// Where metrics go.
  package struct Metrics: Hashable, Sendable {
    /// Between two times that they are written or sent.
    package var every = Duration.seconds(15)
    /// A folder for a file in the format of Prometheus.
    package var folder: String?
    /// An OTLP/HTTP collector.
    package var collector: String?

    package static let defaults = Metrics()
  }
}

extension GatewayConfiguration.Health {
  static let fields: [Field<Self>] = [
    .span(
      "every", \.every, in: .zero...GatewayConfiguration.longest,
      "Between two checks of a service that runs, where its manifest does not say; 0s makes none."),
    .span(
      "timeout", \.timeout, in: .milliseconds(1)...GatewayConfiguration.longest,
      "The answer to a check."),
    .span(
      "degraded_over", \.degradedOver, in: .milliseconds(1)...GatewayConfiguration.longest,
      "Checks that take longer make a service degraded, where its manifest does not say."),
    .integer(
      "failures", \.failures, in: 1...1_000, "Failures in a row that make a service down."),
    .integer(
      "history", \.history, in: 0...100_000, "Changes of health that the state file keeps."),
  ]
}

extension GatewayConfiguration.Alerts {
  private static let span = Duration.zero...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .choice("degraded", \.degraded, "How much it matters that a service is degraded."),
    .choice("down", \.down, "How much it matters that a service is down."),
    .choice(
      "flapping", \.flapping, "How much it matters that a service ends again and again."),
    .span("after", \.after, in: span, "A condition is told when it has held for this long."),
    .span(
      "clear_after", \.clearAfter, in: span, "An alert ends when nothing was wrong for this long."),
    .span("cooldown", \.cooldown, in: span, "Between two times that the same alert is told."),
    .flag("clients", \.clients, "Whether clients that want log messages are told."),
    .address("webhook", \.webhook, "Where alerts are posted to, as JSON."),
    .command("command", \.command, "What is run for each alert, with its JSON on stdin."),
  ]
}

extension GatewayConfiguration.Surface {
  static let fields: [Field<Self>] = [
    .flag("tools", \.tools, "Whether the gateway offers tools of its own, such as gateway_status."),
    .flag(
      "resources", \.resources,
      "Whether it offers the same as resources, such as switchyard://status."),
    .flag(
      "switches", \.switches,
      "Whether it offers the tools gateway_enable and gateway_disable."),
  ]
}

extension GatewayConfiguration.Metrics {
  static let fields: [Field<Self>] = [
    .span(
      "every", \.every, in: .milliseconds(100)...GatewayConfiguration.longest,
      "Between two times that metrics are written or sent."),
    .folder(
      "folder", \.folder, "A folder in which a file for Prometheus is kept up to date."),
    .address(
      "collector", \.collector, "An OpenTelemetry collector that is sent metrics and traces."),
  ]
}

extension Field {
  /// An `http://` or `https://` URL as it is written, without credentials, query and fragment.
  static func address(
    _ key: String, _ path: @autoclosure @escaping Path<String?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.path), show: { $0 },
      parse: { node, reader in
        let text: String? = reader.parsed(
          node, expected: "an http:// or https:// URL without a user, a query and a fragment"
        ) { scalar in Self.isAddress(scalar.text) ? scalar.text : nil }
        return text
      })
  }

  private static func isAddress(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= 2_000, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !bytes.contains(UInt8(ascii: "?")), !bytes.contains(UInt8(ascii: "#")),
      let scheme = ["http://", "https://"].first(where: { bytes.starts(with: $0.utf8) })
    else { return false }
    let authority = bytes.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") }
    return !authority.isEmpty && !authority.contains(UInt8(ascii: "@"))
  }

  /// An absolute path.
  static func folder(
    _ key: String, _ path: @autoclosure @escaping Path<String?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.path), show: { $0 },
      parse: { node, reader in
        let text: String? = reader.parsed(node, expected: "an absolute path") { scalar in
          scalar.text.utf8.first == UInt8(ascii: "/") && !scalar.text.utf8.contains(0)
            ? scalar.text : nil
        }
        return text
      })
  }

  /// A program and its arguments, as they are written.
  static func command(
    _ key: String, _ path: @autoclosure @escaping Path<[String]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(.word)),
      show: { "[" + $0.joined(separator: ", ") + "]" },
      parse: { node, reader in
        reader.list(node) { $1.text($0, .word) }
      })
  }
}
