import MCP
import RawJSON

/// The tools on offer and how they are listed.
extension Server {
  private static let defaults: [(name: String, about: String, properties: String)] = [
    ("echo", "Returns its arguments.", #""text":{"type":"string"}"#),
    ("add", "Adds two numbers.", #""a":{"type":"integer"},"b":{"type":"integer"}"#),
    ("slow", "Works for a while.", #""ms":{"type":"integer"},"steps":{"type":"integer"}"#),
    ("fail", "Fails as a tool.", #""text":{"type":"string"}"#),
    ("env", "Returns the environment, arguments and directory.", ""),
    ("pid", "Returns the process id.", ""),
    ("crash", "Kills this process.", #""signal":{"type":"integer"}"#),
    ("kill", "Kills this process group.", #""signal":{"type":"integer"}"#),
    ("digest", "Returns size and SHA-256 of its arguments.", #""text":{"type":"string"}"#),
    ("hang", "Never answers.", ""),
    ("ask", "Asks the client.", #""method":{"type":"string"},"params":{"type":"object"}"#),
  ]

  var toolNames: [String] {
    if script.tasks { return Self.defaults.map { $0.name } + Self.taskTools }
    if script.watches {
      return (Self.defaults.map { $0.name } + Watching.tools).filter {
        !watching.hidden.contains($0)
      }
    }
    let count = script.tools ?? Self.defaults.count
    let named = Self.defaults.prefix(count).map { $0.name }
    guard count > named.count else { return named }
    return named + (1...(count - named.count)).map { "extra_\($0)" }
  }

  mutating func listTools(_ message: Incoming) {
    lists += 1
    let names = toolNames
    let page = pageNumber(message)
    guard let page, page < script.pages else { return fail(message, -32602, "no such page") }
    let size = (names.count + script.pages - 1) / script.pages
    let part = names.dropFirst(page * size).prefix(size)
    var members = #""tools":["# + part.map(describe).joined(separator: ",") + "]"
    if script.sameCursor {
      members += #","nextCursor":"page-0""#
    } else if page + 1 < script.pages {
      members += #","nextCursor":"page-\#(page + 1)""#
    }
    list(message, members)
  }

  private func pageNumber(_ message: Incoming) -> Int? {
    guard !message.envelope.cursor.isAbsent else { return 0 }
    let cursor = JSON.string(message.envelope.cursor, in: message.line.bytes) ?? []
    return String(decoding: cursor, as: UTF8.self).cut(at: UInt8(ascii: "-")).flatMap { Int($0.1) }
  }

  private func describe(_ name: String) -> String {
    let tool = Self.defaults.first { $0.name == name }
    var about = tool?.about ?? "One more tool that returns its arguments."
    if script.mutatesTools { about += " Version \(lists)." }
    return #"{"name":"\#(name)","description":"\#(about)","inputSchema":{"type":"object","#
      + #""properties":{\#(tool?.properties ?? "")}}\#(taskExecution(name))\#(script.watches ? Watching.toolMeta : "")}"#
  }
}
