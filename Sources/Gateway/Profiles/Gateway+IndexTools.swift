import Backend
import Loop
import MCP
import Manifest
import RawJSON

/// Answers of the tools that find others.
extension Gateway {
  func answer(
    _ tool: IndexTool, _ request: Incoming, _ view: ClientView
  ) throws(CallError) {
    // As a list: it can be given without a service that is slow to start.
    if lacksOffers(for: request), !request.hasWaited, ending == nil {
      return park(request, for: configuration.gateway.discovery.wait)
    }
    let arguments = JSONValue(request.envelope.arguments, in: request.line.bytes)
    let answer =
      tool == .search
      ? try found(arguments, in: view) : try described(arguments, in: view, request.client.era)
    session.reply(
      to: request.id,
      ToolResult(
        RESTResult(pieces: [.bytes(answer)]), for: request.client, from: session.identity))
  }

  /// `{"tools":[{"name","description"}],"more"}`, the best match first.
  private func found(_ arguments: JSONValue, in view: ClientView) throws(CallError) -> [UInt8] {
    guard let query = arguments["query"]?.stringValue else {
      throw .invalidParams("arguments.query must be a string.")
    }
    let limit = min(max(arguments["limit"]?.intValue ?? ToolSearch.usual, 1), ToolSearch.most)
    let (found, more) = view.find(Array(query.utf8), limit: limit)
    var answer = JSONObject()
    answer["tools"] = .array(found.map { $0.summary })
    if more > 0 { answer["more"] = .count(more) }
    if found.isEmpty { answer["hint"] = "No tool matches; try other words." }
    return JSONValue.object(answer).serialized()
  }

  /// `{"tools":[DEFINITION],"unknown":[NAME]}`, the definitions as they would be listed.
  private func described(
    _ arguments: JSONValue, in view: ClientView, _ era: Era
  ) throws(CallError) -> [UInt8] {
    let given = arguments["names"]?.arrayValue ?? arguments["name"].map { [$0] }
    let names = (given ?? []).compactMap(\.stringValue)
    guard let given, !given.isEmpty, names.count == given.count else {
      throw .invalidParams("arguments.names must be a list of names of tools.")
    }
    guard names.count <= IndexTool.mostDescribed else {
      throw .invalidParams("At most \(IndexTool.mostDescribed) tools are described at a time.")
    }
    var definitions: [[UInt8]] = []
    var unknown: [JSONValue] = []
    for name in names {
      let entry = Array(name.utf8).withUnsafeBytes {
        view.contents.callable.entry(.tools, named: $0)
      }
      if let entry {
        definitions.append(era == .legacy ? entry.legacyJSON ?? entry.json : entry.json)
      } else {
        unknown.append(.string(name))
      }
    }
    if definitions.isEmpty {
      throw refusal(.tools, name: Array((names.first ?? "").utf8), in: view)
    }
    var answer = Array(#"{"tools":["#.utf8) + definitions.joined(separator: [UInt8(ascii: ",")])
    answer.append(UInt8(ascii: "]"))
    if !unknown.isEmpty { answer += #","unknown":"#.utf8 + JSONValue.array(unknown).serialized() }
    answer.append(UInt8(ascii: "}"))
    return answer
  }
}

extension Catalogue.Entry {
  /// Bytes of a description in an answer with many.
  private static let shownDescription = 300

  /// `{"name","title","description"}`
  fileprivate var summary: JSONValue {
    let json = json
    let whole = ByteRange(start: 0, end: json.count)
    let bytes = json.span.bytes
    var summary = JSONObject()
    summary["name"] = .string(String(decoding: publicName, as: UTF8.self))
    for key in [StaticString("title"), "description"] {
      guard let text = JSON.string(JSON.member(key, of: whole, in: bytes), in: bytes) else {
        continue
      }
      summary["\(key)"] = .string(Self.cut(text))
    }
    return .object(summary)
  }

  /// A character that the cut would split is dropped.
  private static func cut(_ text: [UInt8]) -> String {
    guard text.count > shownDescription else { return String(decoding: text, as: UTF8.self) }
    var end = shownDescription
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: text[..<end], as: UTF8.self) + "…"
  }
}
