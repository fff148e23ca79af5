import YAML

// The keys of a manifest.

extension ServiceManifest {
  /// Of a process that speaks MCP.
  static let fields: [Field<ServiceManifest>] =
    head + [
      .section(
        "process", \.process, "The child process that speaks MCP over stdin and stdout.",
        { ProcessSpec.fields }, isRequired: true)
    ] + offer + tail

  /// Of what does not say which kind of service it is, so that each kind is named.
  static let kindlessFields: [Field<ServiceManifest>] =
    head
    + ["process", "http", "rest"].map { .value($0, "", .json, edit: { _, _, _ in }) } + offer
    + tail

  /// Of what speaks MCP itself, wherever it is.
  static let offer: [Field<ServiceManifest>] = [
    .section("tools", \.tools, "Which tools are shown, and how.", { ToolRules.fields }),
    .section("resources", \.resources, "What of its resources is kept.", { ResourceRules.fields }),
    .choices(
      "asks", \.asks, "What it may ask of the client, its user and its model."),
    .distinctNames(
      "after", \.after, of: "service",
      "Services that must be ready before this one starts, and end after it."),
  ]

  /// What every manifest begins with.
  static let head: [Field<ServiceManifest>] = [
    .text("service", \.name, .service, "The service's name; the file's name if left out."),
    .text("description", \.description, .prose, "One sentence for people."),
    .flag("enabled", \.isEnabled, "Whether the service is served at all."),
  ]

  /// What every manifest ends with.
  static let tail: [Field<ServiceManifest>] = [
    .integer(
      "priority", \.priority, in: 0...100,
      "Services with a higher one come first in lists, and get the calls of their group."),
    .patterns(
      "methods", \.methods,
      "Methods of its own, requests and notifications; * stands for anything."),
    .section(
      "limits", \.limits, "How much of the service is used at once.", { ServiceLimits.fields }),
    .text(
      "group", \.group, .service, "Services of one group stand in for each other in shared tools."),
    .flag(
      "sticky", \.isSticky, "Calls stay with the member of the group that answered the last one."),
    .section("health", \.health, "How its health is watched.", { ServiceHealthRules.fields }),
  ]
}

extension ServiceLimits {
  static let fields: [Field<ServiceLimits>] = [
    .integer(
      "concurrent", \.concurrent, in: 1...1_000_000,
      "Calls at a time; by default limits.backend_calls of gateway.yaml."),
    .integer(
      "queue", \.queue, in: 0...1_000_000,
      "Calls that wait beyond those; by default limits.queued_calls of gateway.yaml."),
    .span(
      "timeout", \.timeout, in: .milliseconds(1)...GatewayConfiguration.longest,
      "Of a call, unless progress extends it; by default deadlines.call of gateway.yaml."),
  ]
}

extension ProcessSpec {
  static let fields: [Field<ProcessSpec>] = [
    .openText(
      "command", \.command, .path,
      "The program: a name to be found in PATH, or a path, relative to the manifest's folder.",
      isRequired: true),
    .arguments("args", \.arguments, "Its arguments; no shell reads them."),
    .environment("env", \.environment, "Variables for the process."),
    .openText(
      "directory", \.directory, .path,
      "Where it runs, relative to the manifest's folder, which is the default."),
    .choice(
      "start", \.start,
      "With the first call (on-demand), early (warm), or early and for good (always)."),
    .span(
      "idle", \.idle, in: .seconds(1)...GatewayConfiguration.longest,
      "Stopped after this long without a call; by default processes.idle of gateway.yaml."),
    .choice("protocol", \.protocolChoice, "The era of MCP it speaks; auto asks it once."),
    .section("limits", \.self, "What the process may use.", { ProcessSpec.limits }),
    .digest(
      "sha256", \.sha256,
      "The digest of the program file, checked before every start; others must not own or change it."
    ),
    .section(
      "python", \.python,
      "Packages of an environment of its own; programs are looked for there first.",
      { PythonPackages.fields }),
  ]

  static let limits: [Field<ProcessSpec>] = [
    .size("memory", \.memory, in: 1 << 20...1 << 44, "Bytes of data it may allocate (RLIMIT_DATA).")
  ]
}

extension ToolRules {
  static let fields: [Field<ToolRules>] = [
    .text(
      "prefix", \.prefix, .prefix,
      "What names of tools and prompts begin with; by default the service's name and _."),
    .patterns("include", \.include, "Only tools with these names; * stands for anything."),
    .patterns("exclude", \.exclude, "No tools with these names; * stands for anything."),
    .names(
      "rename", \.rename, .tool,
      "From the service's name of a tool to the one to show, before the prefix."),
    .names("describe", \.describe, .prose, "From the service's name of a tool to its description."),
    .patterns(
      "tasks", \.tasks,
      "Tools whose calls the gateway offers as tasks; * stands for anything."),
    .patterns(
      "validate", \.validate,
      "Tools whose arguments are checked by their input schema before they are sent."),
    .patterns(
      "read_only", \.readOnly, "Tools that change nothing: their calls may be sent again."),
    .patterns(
      "idempotent", \.idempotent,
      "Tools that change nothing more when called twice: their calls may be sent again."),
    .patterns("high", \.high, "Tools that go first where calls wait."),
    .patterns("low", \.low, "Tools that go last where calls wait."),
    .times("cache", \.cache, "How long results of read-only tools may be given again."),
    .times("stale", \.stale, "How much longer they may stand in where the service fails."),
    .clears(
      "clears", \.clears,
      "What calls of a tool make untrue: by default all results that are kept of the service."),
  ]
}

extension ResourceRules {
  static let fields: [Field<ResourceRules>] = [
    .times(
      "cache", \.cache, "How long what was read may be given again, by URI; ttlMs shortens it.")
  ]
}

extension Field {
  /// Text with variables, but without secrets.
  static func openText(
    _ key: String, _ path: @autoclosure @escaping Path<String>, _ rule: TextRule,
    _ about: String, isRequired: Bool = false, default: String? = nil
  ) -> Field {
    value(
      key, path(), about, .text(rule), isRequired: isRequired, show: { _ in `default` },
      parse: { $1.openText($0, rule) })
  }

  /// 64 hexadecimal digits, kept in lower case.
  static func digest(_ key: String, _ path: @autoclosure @escaping Path<String>, _ about: String)
    -> Field
  {
    let shape = KeyDescription.Shape.text(pattern: "^[0-9A-Fa-f]{64}$", length: 64...64)
    return value(
      key, path(), about, shape, show: { _ in nil },
      parse: { node, reader in
        reader.parsed(node, expected: "64 hexadecimal digits") { scalar in
          let isDigest = scalar.text.utf8.count == 64 && scalar.text.utf8.allSatisfy(\.isHexDigit)
          return isDigest ? scalar.text.lowercased() : nil
        }
      })
  }

  static func patterns(
    _ key: String, _ path: @autoclosure @escaping Path<[NamePattern]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(.foreignName)), show: { _ in nil },
      parse: { node, reader in
        reader.list(node) { $1.text($0, .foreignName).map { NamePattern($0) } }
      })
  }

  static func names(
    _ key: String, _ path: @autoclosure @escaping Path<[NamedText]>, _ rule: TextRule,
    _ about: String
  ) -> Field {
    let shape = KeyDescription.Shape.table(keys: nil, .text(rule))
    return value(
      key, path(), about, shape, show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          reader.text(pair.value, rule).map { NamedText(name: pair.key, text: $0) }
        }
      })
  }

  static func environment(
    _ key: String, _ path: @autoclosure @escaping Path<[EnvironmentVariable]>,
    _ about: String
  ) -> Field {
    let shape = KeyDescription.Shape.table(keys: TextRule.variable.pattern, .text(.word))
    return value(
      key, path(), about, shape, show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .variable) { pair, reader in
          reader.environmentVariable(pair)
        }
      })
  }
}

extension Field {
  /// From names to times.
  static func times(
    _ key: String, _ path: @autoclosure @escaping Path<[PatternValue<Duration>]>, _ about: String
  ) -> Field {
    let range = Duration.milliseconds(1)...GatewayConfiguration.longest
    return value(
      key, path(), about, .table(keys: nil, .duration(range)), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          reader.parsed(
            pair.value,
            expected: "a time from \(SpanText.show(range.lowerBound)) to "
              + "\(SpanText.show(range.upperBound)), such as 250ms, 5s, 5m or 1h"
          ) { scalar in
            SpanText.parse(scalar.text).flatMap { range.contains($0) ? $0 : nil }
          }.map { PatternValue(pair.key, $0) }
        }
      })
  }

}

extension Field<ToolRules> {
  /// From names to names.
  static func clears(
    _ key: String, _ path: @autoclosure @escaping Path<[PatternValue<[NamePattern]>]>,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .table(keys: nil, .list(.text(.foreignName))), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          reader.list(pair.value) { node, reader in
            reader.text(node, .foreignName).map { NamePattern($0) }
          }.map { PatternValue(pair.key, $0) }
        }
      })
  }
}

extension Field<ProcessSpec> {
  static func arguments(
    _ key: String, _ path: @autoclosure @escaping Path<[String]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(.word)), show: { _ in nil },
      parse: { $1.arguments($0) })
  }
}

extension Reader {
  /// The variable by which the gateway finds its descendants; no manifest may set it.
  static let reservedVariable = "SWITCHYARD_LINEAGE"

  fileprivate mutating func environmentVariable(_ pair: Node.Pair) -> EnvironmentVariable? {
    guard pair.key != Self.reservedVariable else {
      report("\(subject) is set by the gateway", at: pair.keyPosition)
      return nil
    }
    guard let template = template(pair.value, .word),
      let value = expanded(template, .word, at: pair.value)
    else { return nil }
    return EnvironmentVariable(
      name: pair.key, value: Secret(value), secrets: variables.secrets(in: template))
  }

  fileprivate mutating func arguments(_ node: Node) -> [String]? {
    let items = list(node) { node, reader -> ArgumentList.Item? in
      guard let template = reader.template(node, .word), reader.isOpen(template, at: node),
        let text = reader.expanded(template, .word, at: node)
      else { return nil }
      return ArgumentList.Item(template: template, text: text, node: node)
    }
    guard let items else { return nil }
    arguments = items
    return items.map(\.text)
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
