import RawJSON

/// Writes the manifest, in the words of docs/manifest.md.
struct ManifestWriter: Sendable {
  let service: String
  let tools: [ImportedTool]
  var title = ""
  var source = ""
  var address = ""
  var authentication: [(String, JSONValue)]?
  var notes: [String] = []
  private var lines: [String] = []

  /// What most operations have, so that it is written once.
  private let envelope: String?
  private let paging: ImportedPaging?

  init(service: String, tools: [ImportedTool]) {
    self.service = service
    self.tools = tools
    envelope = Self.mostFrequent(
      tools.flatMap { tool in
        (tool.hasAnswer ? [tool.answerEnvelope ?? ""] : [])
          + (tool.hasBody ? [tool.requestEnvelope ?? ""] : [])
      }
    ).flatMap { $0.isEmpty ? nil : $0 }
    paging = Self.mostFrequent(tools.compactMap(\.paging))
  }

  private static func mostFrequent<Value: Hashable>(_ values: [Value]) -> Value? {
    var counts: [Value: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let most = counts.values.max()
    return values.first { counts[$0] == most }
  }

  func text() -> String {
    var writer = self
    writer.writeHead()
    for tool in tools { writer.write(tool) }
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private mutating func line(_ indent: Int, _ text: String) {
    lines.append(String(repeating: " ", count: indent) + text)
  }

  private mutating func writeHead() {
    line(
      0,
      "# Written by 'switchyard import openapi'\(source.isEmpty ? "" : " from \(Self.plain(source))")."
    )
    line(
      0,
      "# Edit it: drop tools that a model does not need, and say in descriptions what they are for."
    )
    if !notes.isEmpty {
      line(0, "#")
      line(0, "# What could not be said:")
      for note in notes { line(0, "# - \(Self.plain(note))") }
    }
    line(0, "service: \(Self.scalar(service))")
    line(0, "description: \(Self.scalar(Self.sentence(title)))")
    line(0, "rest:")
    line(2, "url: \(Self.scalar(address))")
    if let authentication {
      line(
        2,
        "auth: \(Self.flow(.object(JSONObject(authentication.map { .init(key: $0.0, value: $0.1) }))))"
      )
    }
    if let envelope { line(2, "envelope: \(Self.scalar(envelope))") }
    if let paging { line(2, "paging: \(Self.flow(paging.members))") }
    line(0, "tools:")
  }

  private mutating func write(_ tool: ImportedTool) {
    line(2, "\(Self.scalar(tool.name)):")
    line(4, "description: \(Self.scalar(Self.sentence(tool.description)))")
    if !tool.arguments.isEmpty {
      line(4, "arguments:")
      for argument in tool.arguments { write(argument, of: tool) }
    }
    line(4, "\(tool.method): \(Self.scalar(tool.path))")
    writeEnvelope(of: tool)
    if let paging = tool.paging {
      line(4, paging == self.paging ? "paging: true" : "paging: \(Self.flow(paging.members))")
      line(4, "max_items: 200")
    }
  }

  private mutating func writeEnvelope(of tool: ImportedTool) {
    let takesBody = tool.method != "get" && tool.method != "delete"
    let isForm = tool.arguments.contains { $0.position == "form" }
    let request = tool.hasBody || (takesBody && !isForm) ? tool.requestEnvelope : envelope
    let answer = tool.hasAnswer ? tool.answerEnvelope : envelope
    guard request != envelope || answer != envelope else { return }
    if request == answer {
      line(4, "envelope: \(Self.scalar(answer ?? ""))")
    } else {
      line(
        4,
        "envelope: "
          + Self.flow([("request", .string(request ?? "")), ("answer", .string(answer ?? ""))]))
    }
  }

  private mutating func write(_ argument: ImportedArgument, of tool: ImportedTool) {
    var members: [(String, String)] = Self.members(of: argument.type)
    if argument.isRequired { members.append(("required", "true")) }
    members.append(("in", argument.position))
    if argument.apiName != argument.name { members.append(("as", Self.scalar(argument.apiName))) }
    if let style = argument.style { members.append(("style", style)) }
    if argument.type.isFile, argument.position == "form" { members.append(("file", "{}")) }
    let text = members.map { "\($0.0): \($0.1)" }.joined(separator: ", ")
    line(6, "\(Self.scalar(argument.name)): {\(text)}")
  }

  /// The keys of a type, each with its value in flow style.
  private static func members(of type: ImportedType) -> [(String, String)] {
    var members: [(String, String)] = [("type", type.kind)]
    if let description = type.description.map({ sentence($0) }), !description.isEmpty {
      members.append(("description", scalar(description)))
    }
    if type.isNullable, type.kind != "any" { members.append(("nullable", "true")) }
    for (key, value) in type.keys { members.append((key, flow(value))) }
    if type.isFile, !type.keys.contains(where: { $0.0 == "format" }) {
      members.append(("format", "base64"))
    }
    if let items = type.items.first { members.append(("items", flow(items))) }
    if !type.properties.isEmpty {
      let properties = type.properties.map { property -> String in
        var inner = Self.members(of: property.type)
        if property.isRequired { inner.append(("required", "true")) }
        let text =
          inner.count == 1
          ? inner[0].1 : "{\(inner.map { "\($0.0): \($0.1)" }.joined(separator: ", "))}"
        return "\(scalar(property.name)): \(text)"
      }
      members.append(("properties", "{\(properties.joined(separator: ", "))}"))
    }
    return members
  }

  private static func flow(_ type: ImportedType) -> String {
    let members = members(of: type)
    if members.count == 1 { return members[0].1 }
    return "{\(members.map { "\($0.0): \($0.1)" }.joined(separator: ", "))}"
  }

  private static func flow(_ members: [(String, JSONValue)]) -> String {
    "{\(members.map { "\($0.0): \(flow($0.1))" }.joined(separator: ", "))}"
  }

  private static func flow(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): scalar(text)
    case .array(let elements): "[\(elements.map { flow($0) }.joined(separator: ", "))]"
    case .object(let object):
      "{\(object.map { "\(scalar($0.key)): \(flow($0.value))" }.joined(separator: ", "))}"
    default: "\(value)"
    }
  }

  private static let reserved: Set<String> = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n",
  ]

  /// Plain where nobody can take it for something else, else in double quotes.
  static func scalar(_ text: String) -> String {
    let isPlain =
      text.utf8.first.map { isLetter($0) } ?? false
      && text.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 }
      && !reserved.contains(text.lowercased())
    return isPlain ? text : JSONValue.string(text).description
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }

  /// The first sentence, or its first 200 characters, on one line.
  static func sentence(_ text: String) -> String {
    let words = plain(text)
    var end = words.endIndex
    if let stop = words.firstRange(of: ". ") { end = words.index(after: stop.lowerBound) }
    let sentence = words[..<end]
    return sentence.count <= 200 ? String(sentence) : String(sentence.prefix(199)) + "…"
  }

  /// One line without control characters.
  private static func plain(_ text: String) -> String {
    text.unicodeScalars
      .split {
        $0.value <= 0x20 || (0x7F...0xA0).contains($0.value) || (0x2028...0x2029).contains($0.value)
      }
      .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
  }
}
