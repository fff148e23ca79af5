import Backend
import Loop
import MCP
import Manifest
import RawJSON

// The gateway's own surface: what an assistant can ask it about itself.
//
// Tools and resources stand in the catalogue like those of a service, under a number that no
// service has, and are answered from what is known: nothing is started, asked or waited for. They
// are off unless gateway.yaml switches them on, and the two that change something have a key of
// their own. Answers are kept small: lists are cut, with the
// number of what is left out, and details are asked for by name.

/// What the gateway offers of its own.
enum Surface {
  /// Its number among the services.
  static let index = 1 << 30

  /// How it stands in the catalogue. No manifest can have this name; the prefix is reserved.
  static let manifest: ServiceManifest = {
    var manifest = ServiceManifest(name: "~gateway", file: "")
    manifest.tools.prefix = "gateway_"
    return manifest
  }()

  /// Entries of one answer; the number of the others is told.
  static let mostEntries = 50
  /// Where its resources begin.
  static let scheme = "switchyard://"

  /// Nil if nothing is switched on.
  static func offer(_ settings: GatewayConfiguration.Surface) -> Offer? {
    let tools = SurfaceTool.allCases.filter {
      $0.changesServices ? settings.switches : settings.tools
    }
    guard !tools.isEmpty || settings.resources else { return nil }
    var offer = Offer(
      introduction: .init(
        revision: .newest, capabilities: Array(#"{"tools":{},"resources":{}}"#.utf8)))
    if !tools.isEmpty {
      offer.items[.tools] = tools.map {
        Offer.Item(name: Array($0.rawValue.utf8), json: $0.definition)
      }
    }
    if settings.resources {
      let readable = SurfaceTool.allCases.filter { !$0.needsArgument }
      offer.items[.resources] = readable.map { tool in
        item("uri", scheme + tool.rawValue, tool)
      }
      offer.items[.templates] = [
        item("uriTemplate", scheme + "health/{service}", .health),
        item("uriTemplate", scheme + "metrics/{service}", .metrics),
        item("uriTemplate", scheme + "explain/{tool}", .explain),
      ]
    }
    return offer
  }

  private static func item(_ key: String, _ uri: String, _ tool: SurfaceTool) -> Offer.Item {
    let definition: JSONValue = [
      .init(stringLiteral: key): .string(uri), "name": .string("gateway " + tool.rawValue),
      "description": .string(tool.about), "mimeType": "application/json",
    ]
    return Offer.Item(name: Array(uri.utf8), json: definition.serialized())
  }

  /// What a URI of ours asks for; nil if it is none.
  static func question(in uri: [UInt8]) -> (tool: SurfaceTool, argument: String?)? {
    guard uri.starts(with: scheme.utf8) else { return nil }
    let rest = uri.dropFirst(scheme.utf8.count)
    let parts = rest.split(
      separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let word = parts.first,
      let tool = SurfaceTool.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word) }),
      !tool.changesServices
    else { return nil }
    let argument = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil
    if argument == nil, tool.needsArgument { return nil }
    return (tool, argument)
  }
}

/// A tool of the gateway itself.
enum SurfaceTool: String, CaseIterable {
  case status, services, health, metrics, explain, enable, disable

  /// The one argument that it takes.
  var argument: (name: String, about: String)? {
    switch self {
    case .status, .services: nil
    case .health: ("service", "Only this service, with its history.")
    case .metrics: ("service", "Only this service, tool by tool.")
    case .explain: ("tool", "The name of the tool.")
    case .enable, .disable: ("service", "The name of the service.")
    }
  }

  var needsArgument: Bool { self == .explain || changesServices }

  /// Whether it does more than tell.
  var changesServices: Bool { self == .enable || self == .disable }

  var about: String {
    switch self {
    case .status: "How the gateway is, how many services do well, and which do not and why."
    case .services: "Every service: its state, its tools, its process."
    case .health: "How services do: state, response time, uptime, open alerts, advice."
    case .metrics:
      "Calls, failures and times (p50, p95, p99) of services, or of the tools of one."
    case .explain: "Which service a call of a tool goes to, and why."
    case .enable: "Switches a service on again that was switched off, for all clients."
    case .disable:
      "Switches a service off for all clients until it is switched on; calls under way are answered."
    }
  }

  private var annotations: JSONObject {
    var annotations = JSONObject()
    annotations["readOnlyHint"] = .bool(!changesServices)
    if changesServices {
      annotations["destructiveHint"] = .bool(self == .disable)
      annotations["idempotentHint"] = true
    }
    annotations["openWorldHint"] = false
    return annotations
  }

  /// As it stands in `tools/list`.
  var definition: [UInt8] {
    var properties = JSONObject()
    if let argument {
      properties[argument.name] = ["type": "string", "description": .string(argument.about)]
    }
    var schema = JSONObject()
    schema["type"] = "object"
    schema["properties"] = .object(properties)
    if needsArgument, let argument { schema["required"] = [.string(argument.name)] }
    let definition: JSONValue = [
      "name": .string(rawValue), "description": .string(about), "inputSchema": .object(schema),
      "annotations": .object(annotations),
    ]
    return definition.serialized()
  }
}
