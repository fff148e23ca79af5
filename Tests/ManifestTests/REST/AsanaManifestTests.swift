import Foundation
import Manifest
import RawJSON
import TestSupport
import Testing
import YAML

/// `manifests/asana.yaml` against the list of the 33 tools, which is not part of the project.
@Suite struct AsanaManifestTests {
  private let service: REST.Service

  init() throws {
    service = try Self.load(["ASANA_ACCESS_TOKEN": "t"])
  }

  static func load(_ environment: [String: String]) throws -> REST.Service {
    let loaded = Configuration.check(
      files: [projectFolder + "/manifests/asana.yaml"], directory: projectFolder + "/nowhere",
      environment: environment)
    let entry = try #require(loaded.services.first)
    return try #require(entry.manifest?.rest, "\(entry.reasons)")
  }

  @Test func `the manifest has 33 tools of three categories, all documented`() {
    #expect(service.tools.count == 33)
    let categories = Set(service.tools.compactMap(\.category))
    #expect(categories == ["task_management", "project_management", "collaboration"])
    for tool in service.tools {
      #expect(tool.title != nil && tool.estimate != nil, "\(tool.name)")
      #expect(tool.result.schema != nil, "\(tool.name)")
      for argument in tool.arguments {
        #expect(argument.type.description != nil, "\(tool.name).\(argument.name)")
      }
    }
  }

  @Test func `the limits are those of the plan that the environment names`() throws {
    #expect(service.lanes.map(\.name) == ["requests", "reads", "writes", "searches", "jobs"])
    #expect(service.lanes.map(\.perMinute) == [150, nil, nil, 60, nil])
    #expect(service.lanes.map(\.inFlight) == [nil, 50, 15, nil, 5])
    let paid = try Self.load(
      ["ASANA_ACCESS_TOKEN": "t", "ASANA_REQUESTS_PER_MINUTE": "1500", "ASANA_WORKSPACE": "11"])
    #expect(paid.lanes[0].perMinute == 1500)
    #expect(paid.tool("asana_list_projects")?.arguments.first?.fallback == "11")
    #expect(service.tool("asana_search_tasks")?.operation?.lanes == [0, 1, 3])
    #expect(service.tool("asana_duplicate_project")?.operation?.lanes == [0, 2, 4])
  }

  @Test func `M08: without a token the service is off, and the message names the variable`() {
    let loaded = Configuration.check(
      files: [projectFolder + "/manifests/asana.yaml"], directory: projectFolder + "/nowhere",
      environment: [:])
    #expect(loaded.services.first?.manifest == nil)
    #expect(loaded.diagnostics.count == 1)
    #expect(loaded.diagnostics.first?.message.contains("ASANA_ACCESS_TOKEN") == true)
  }

  @Test(.enabled(if: SharedAsana.tools != nil, "tools33.json is not in ../shared/asana"))
  func `names, arguments, types, hints and annotations are those of the list`() throws {
    let list = try #require(SharedAsana.tools)
    #expect(service.tools.map(\.name) == list.map { $0["name"]?.stringValue })
    for expected in list {
      let name = try #require(expected["name"]?.stringValue)
      let tool = try #require(service.tool(name))
      let parameters = expected["params"]?.arrayValue ?? []
      #expect(
        tool.arguments.map(\.name) == parameters.map { $0[0]?.stringValue ?? "" }, "\(name)")
      for (argument, parameter) in zip(tool.arguments, parameters) {
        let difference = Self.difference(argument, parameter)
        #expect(difference == nil, "\(name).\(argument.name): \(difference ?? "")")
      }
      #expect(tool.category == expected["category"]?.stringValue, "\(name)")
      #expect(tool.priority.rawValue == expected["priority"]?.stringValue, "\(name)")
      #expect(tool.stream.rawValue == expected["streaming"]?.stringValue, "\(name)")
      #expect(tool.isBatchable == expected["batch_compatible"]?.boolValue, "\(name)")
      #expect(tool.estimate == .milliseconds(expected["estimated_ms"]?.intValue ?? 0), "\(name)")
      let seconds = expected["cache_ttl_s"]?.intValue ?? 0
      #expect(tool.cache == (seconds == 0 ? nil : .seconds(seconds)), "\(name)")
      #expect(tool.annotations.isReadOnly == (expected["read_only"] == 1), "\(name)")
      #expect(tool.annotations.isDestructive == (expected["destructive"] == 1), "\(name)")
      #expect(tool.annotations.isIdempotent == (expected["idempotent"] == 1), "\(name)")
      #expect(
        tool.violations(in: expected["sample"] ?? [:]).count
          <= (name.hasSuffix("batch_operations") ? 1 : 0), "\(name)")
      let fields = expected["opt_fields"]?.arrayValue ?? []
      #expect(
        Self.defaultFields(of: tool).elementsEqual(fields) || name == "asana_get_custom_fields",
        "\(name): \(Self.defaultFields(of: tool))")
    }
  }

  /// What differs between an argument and `[name, type, required, place, text, more]`.
  private static func difference(_ argument: REST.Argument, _ parameter: JSONValue) -> String? {
    var type = argument.type.kind.rawValue
    if argument.type.kind == .array {
      type = "array<\(argument.type.items.first?.kind.rawValue ?? "any")>"
    }
    if let format = argument.type.format, format != .base64 { type += "(\(format.rawValue))" }
    let wanted = parameter[1]?.stringValue?.replacing("{gid,value}", with: "")
    if type != wanted { return "the type is \(type), not \(wanted ?? "")" }
    if argument.isRequired != parameter[2]?.boolValue { return "required differs" }
    let more = parameter[5] ?? [:]
    if argument.type.pattern?.text != more["pattern"]?.stringValue { return "pattern differs" }
    if let low = more["min"]?.doubleValue, argument.type.minimum != low { return "min differs" }
    if argument.type.maximum != more["max"]?.doubleValue { return "max differs" }
    if let value = more["default"], argument.fallback != value { return "default differs" }
    if argument.configName != more["default_from"]?.stringValue?.replacing("config.", with: "") {
      return "default_from differs"
    }
    if argument.type.count?.lowerBound != more["minItems"]?.intValue { return "minItems differs" }
    let words = more["enum"]?.arrayValue ?? []
    let choices = argument.type.items.first?.choices ?? argument.type.choices
    if Set(choices) != Set(words) { return "the words are \(choices)" }
    return placeDifference(argument, parameter[3]?.stringValue ?? "")
  }

  private static func placeDifference(_ argument: REST.Argument, _ text: String) -> String? {
    guard let place = argument.place else {
      let isElsewhere = text == "gw" || text.contains("<key>") || text.contains("@")
      return isElsewhere ? nil : "it has no place, but \(text)"
    }
    let name = place.name.map { segment in
      if case .name(let name) = segment { name } else { "<value>" }
    }.joined(separator: ".")
    let shown = "\(place.position.rawValue):\(name)\(place.spreads ? ".*" : "")"
    // The first step of a tool with steps takes it; the list only says that the gateway does.
    return shown == text || text == "gw" ? nil : "it goes to \(shown), not \(text)"
  }

  private static func defaultFields(of tool: REST.Tool) -> [JSONValue] {
    let argument = tool.arguments.first { $0.name.hasPrefix("opt_fields") }
    if let value = argument?.fallback?.arrayValue { return value }
    for value in tool.operation?.values ?? [] where value.place.name == [.name("opt_fields")] {
      if case .literal(.array(let fields)) = value.source { return fields }
    }
    return []
  }
}

/// What lies beside the project, or where `ASANA_TOOLS` says.
enum SharedAsana {
  static let tools: [JSONValue]? = {
    var candidates = [ProcessInfo.processInfo.environment["ASANA_TOOLS"]].compactMap { $0 }
    var place = URL(fileURLWithPath: projectFolder)
    while place.path != "/" {
      place.deleteLastPathComponent()
      candidates.append(place.appendingPathComponent("shared/asana/tools33.json").path)
    }
    for file in candidates {
      guard let bytes = FileManager.default.contents(atPath: file) else { continue }
      if let value = try? JSONValue(parsing: Array(bytes)) { return value.arrayValue }
    }
    let text = "warning: SKIPPED, no ../shared/asana/tools33.json and no ASANA_TOOLS\n"
    FileHandle.standardError.write(Data(text.utf8))
    return nil
  }()
}
