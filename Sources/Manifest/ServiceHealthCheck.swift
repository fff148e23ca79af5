import YAML

/// How a service is asked whether it does its work.
package enum HealthCheck: Hashable, Sendable {
  /// `ping`, or `server/discover` of the modern era. Who ignores it is asked for its tools.
  case ping
  /// `server/discover` in either era; an error is an answer too.
  case discover
  /// `tools/list`.
  case tools
  /// A call of this tool of the service, by its own name, without arguments.
  case tool(String)
  /// A GET of this URL; any status below 500 is an answer.
  case url(String)

  /// As it is written in a manifest.
  package var text: String {
    switch self {
    case .ping: "ping"
    case .discover: "discover"
    case .tools: "tools"
    case .tool(let name): "tool \(name)"
    case .url(let url): url
    }
  }

  init?(_ text: String) {
    switch text {
    case "ping": self = .ping
    case "discover": self = .discover
    case "tools": self = .tools
    default:
      let words = text.split(separator: " ")
      if words.count == 2, words[0] == "tool", words[1].utf8.count <= 256 {
        self = .tool(String(words[1]))
      } else if Self.isURL(text) {
        self = .url(text)
      } else {
        return nil
      }
    }
  }

  private static func isURL(_ text: String) -> Bool {
    let bytes = text.utf8
    return bytes.count <= 2_000
      && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && ![0x23, 0x3F].contains($0) }
      && (bytes.starts(with: "http://".utf8) || bytes.starts(with: "https://".utf8)
        || bytes.starts(with: "unix:/".utf8))
  }
}

/// How the health of one service is watched.
package struct ServiceHealthRules: Hashable, Sendable {
  /// Between two checks; zero makes none.
  package var every = Duration.seconds(30)
  /// Checks that take longer make it degraded.
  package var degradedOver = Duration.seconds(2)
  /// Nil: a process is pinged, an API is not asked.
  package var check: HealthCheck?

  package init() {}

  init(_ gateway: GatewayConfiguration.Health) {
    every = gateway.every
    degradedOver = gateway.degradedOver
  }
}

extension ServiceHealthRules {
  static let fields: [Field<ServiceHealthRules>] = [
    .span(
      "every", \.every, in: .zero...GatewayConfiguration.longest,
      "Between two checks while it runs; 0s makes none; by default health.every of gateway.yaml."),
    .span(
      "degraded_over", \.degradedOver, in: .milliseconds(1)...GatewayConfiguration.longest,
      "Checks that take longer make it degraded; by default health.degraded_over of gateway.yaml."),
    .check(
      "check", \.check,
      "How it is asked: ping, discover, tools, tool NAME, or a URL; a process is pinged."),
  ]
}

extension Field<ServiceHealthRules> {
  fileprivate static func check(
    _ key: String, _ path: @autoclosure @escaping Path<HealthCheck?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.path), show: { $0?.text },
      parse: { node, reader in
        let check: HealthCheck? = reader.parsed(
          node, expected: "ping, discover, tools, tool NAME, or a URL such as http://localhost/up"
        ) { HealthCheck($0.text) }
        return check
      })
  }
}
