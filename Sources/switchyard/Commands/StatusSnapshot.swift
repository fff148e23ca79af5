import Glibc
import Loop
import Manifest
import RawJSON
import Store

/// Everything `status` shows, joined; knows how to write itself for people and for programs.
struct StatusSnapshot {
  let configuration: Configuration
  let state: StateSnapshot
  /// What each running gateway says of itself, by its process number.
  let live: [Int32: JSONObject]

  func text(paths: ConfigurationPaths, for terminal: Terminal) -> String {
    var text = "configuration  \(paths.configuration)\nstate          \(paths.state)\n\n"
    var table = Table()
    for entry in configuration.services {
      let service = ServiceSummary(entry, switchedOff: state.switchedOff)
      let known = Self.knowledge(of: entry, in: state)
      let reason = service.isTold || service.state == "off" ? service.text : known
      table.rows.append([service.name.printable(), service.state, reason.printable()])
    }
    text += table.rows.isEmpty ? "no services\n" : table.text(width: terminal.columnLimit)
    text += "\n"
    if state.gateways.isEmpty { text += "no gateway is running\n" }
    for gateway in state.gateways {
      text += "gateway \(gateway.process.pid)  since \(Self.time(gateway.startedAt))"
      text += "  \(gateway.configuration.printable())\n"
      if let report = live[gateway.process.pid] {
        text += Self.text(of: report, width: terminal.columnLimit)
        continue
      }
      for child in state.children where child.owner == gateway.process {
        text += "  \(child.service.printable())  pid \(child.process.pid)\n"
      }
    }
    if let trouble = state.trouble { text += "state: \(trouble.printable())\n" }
    return text
  }

  /// Of an API everything stands in its manifest; of a process, what it said when it last ran.
  private static func knowledge(of entry: ServiceEntry, in state: StateSnapshot) -> String {
    if let api = entry.manifest?.rest {
      let count = api.tools.count
      return "\(count) tool\(count == 1 ? "" : "s"), REST, \(api.address.host)"
    }
    return state.catalogue(of: entry.name).map { knowledge($0) } ?? "its tools are not known yet"
  }

  /// `4 tools, 1 prompt, 2025-11-25, seen 2026-11-21 10:00:00 UTC`
  private static func knowledge(_ record: CatalogueRecord) -> String {
    var parts: [String] = []
    for (bytes, name) in [
      (record.tools, "tool"), (record.prompts, "prompt"), (record.resources, "resource"),
      (record.templates, "template"),
    ] {
      let count = count(bytes)
      if count > 0 || name == "tool" { parts.append("\(count) \(name)\(count == 1 ? "" : "s")") }
    }
    parts.append(record.revision)
    parts.append("seen \(time(record.updatedAt))")
    return parts.joined(separator: ", ")
  }

  private static func count(_ array: [UInt8]) -> Int {
    (try? JSONValue(parsing: array))?.arrayValue?.count ?? 0
  }

  /// Seconds since 1970 as a date in UTC.
  static func time(_ seconds: Int64) -> String {
    var seconds = time_t(seconds)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension StatusSnapshot {
  /// The same for programs: `services`, `gateways`.
  var json: JSONValue {
    let services = configuration.services.map { entry -> JSONValue in
      var service = JSONObject()
      let summary = ServiceSummary(entry, switchedOff: state.switchedOff)
      service["name"] = .string(summary.name)
      service["state"] = .string(summary.state)
      service["file"] = .string(summary.file)
      if case .off(let reasons) = entry.state {
        service["reasons"] = .array(reasons.map { .string("\($0)") })
      }
      if summary.isTold { service["reasons"] = .array([.string(summary.text)]) }
      service["catalogue"] = state.catalogue(of: summary.name).map(Self.json) ?? .null
      if let api = entry.manifest?.rest {
        let count = JSONValue(integerLiteral: api.tools.count)
        service["rest"] = ["host": .string(api.address.host), "tools": count]
      }
      return .object(service)
    }
    let gateways = state.gateways.map { gateway -> JSONValue in
      let children = state.children.filter { $0.owner == gateway.process }.map {
        child -> JSONValue in
        [
          "service": .string(child.service),
          "pid": JSONValue(integerLiteral: Int(child.process.pid)),
        ]
      }
      return [
        "pid": JSONValue(integerLiteral: Int(gateway.process.pid)),
        "configuration": .string(gateway.configuration),
        "startedAt": JSONValue(integerLiteral: Int(gateway.startedAt)),
        "children": .array(children),
        "live": live[gateway.process.pid].map { .object($0) } ?? .null,
      ]
    }
    return ["services": .array(services), "gateways": .array(gateways)]
  }

  private static func json(_ record: CatalogueRecord) -> JSONValue {
    [
      "revision": .string(record.revision),
      "updatedAt": JSONValue(integerLiteral: Int(record.updatedAt)),
      "tools": JSONValue(integerLiteral: count(record.tools)),
      "prompts": JSONValue(integerLiteral: count(record.prompts)),
      "resources": JSONValue(integerLiteral: count(record.resources)),
      "templates": JSONValue(integerLiteral: count(record.templates)),
    ]
  }
}
