import MCP
import Manifest
import RawJSON

// Profiles: what one client is shown of the catalogue, in place of all of it.
//
// A profile is applied in two places and nowhere between. Lists are made of entries that are
// written anew (`ShownTool`) or left out (`ProfileContents`). A call is put as the whole catalogue
// knows it, by edits of its line (`ShownCall`), before the engine of calls sees it: from there on it
// is a call as any other. Clients without a profile pay for none of this: `Gateway.views` is nil
// where there are no profiles, and a view is nil where the client has none.

/// One tool as a profile shows it, and what a call of it must say instead.
struct ShownTool {
  /// In lists, and under this name in calls.
  let entry: Catalogue.Entry
  /// Nil where a call passes as it is.
  let form: Form?

  /// How a call is put for the whole catalogue.
  struct Form: Hashable, Sendable {
    /// The name there, where it is another.
    var name: [UInt8]?
    var pins: [PinnedArgument]
  }

  /// - Parameter entry: as everybody sees it.
  init(_ entry: Catalogue.Entry, by rules: ProfileTools) {
    let own = entry.publicName
    let name = rules.rename.first { $0.name.utf8.elementsEqual(own) }.map { Array($0.text.utf8) }
    let description = rules.describe.first { $0.name.utf8.elementsEqual(own) }?.text
    let pins = ShownTool.pins(of: entry, by: rules)
    guard name != nil || description != nil || !pins.isEmpty else {
      self.entry = entry
      form = nil
      return
    }
    let (json, hasOutputSchema) = PublicItem.rewritten(
      entry.json, name: name ?? own, description: description,
      schema: pins.isEmpty ? nil : PinnedSchema.without(pins, in: entry.json))
    self.entry = Catalogue.Entry(
      service: entry.service, publicName: name ?? own, ownName: entry.ownName, json: json,
      legacyJSON: PublicItem.legacy(
        json, support: entry.taskSupport, hasOutputSchema: hasOutputSchema),
      taskSupport: entry.taskSupport, policy: entry.policy)
    form = name == nil && pins.isEmpty ? nil : Form(name: name == nil ? nil : own, pins: pins)
  }

  /// The arguments that the profile gives. A pattern gives them to tools that have them, a name in
  /// any case; of two for one argument the first counts.
  private static func pins(
    of entry: Catalogue.Entry, by rules: ProfileTools
  ) -> [PinnedArgument] {
    var pins: [PinnedArgument] = []
    for rule in rules.pin where rule.pattern.matches(entry.publicName) {
      for pin in rule.value
      where !pins.contains(where: { $0.name.utf8.elementsEqual(pin.name.utf8) }) {
        if rule.pattern.isOpen, !PinnedSchema.has(pin, in: entry.json) { continue }
        pins.append(pin)
      }
    }
    return pins
  }
}

/// The input schema of a tool without the arguments that a profile gives.
///
/// They are taken out of `properties` and `required` at its root. What else a schema may say of
/// them (`anyOf`, `dependentRequired`) stays; values are nowhere in it.
enum PinnedSchema {
  /// Whether the schema of a tool names the argument.
  static func has(_ pin: PinnedArgument, in tool: [UInt8]) -> Bool {
    let bytes = tool.span.bytes
    let properties = JSON.member("properties", of: schema(of: tool), in: bytes)
    var isThere = false
    JSON.forEachMember(of: properties, in: bytes) { key, _ in
      isThere = isThere || names(key, pin, in: bytes)
    }
    return isThere
  }

  static func without(_ pins: [PinnedArgument], in tool: [UInt8]) -> [UInt8] {
    let bytes = tool.span.bytes
    let schema = schema(of: tool)
    func isPinned(_ name: ByteRange) -> Bool { pins.contains { names(name, $0, in: bytes) } }
    var added: [UInt8] = []
    let properties = JSON.member("properties", of: schema, in: bytes)
    if JSON.isObject(properties, in: bytes) {
      added += #""properties":"#.utf8
      added += JSON.rebuildObject(properties, in: bytes, dropping: isPinned)
    }
    var required: [[UInt8]] = []
    JSON.forEachElement(of: JSON.member("required", of: schema, in: bytes), in: bytes) { name in
      if !isPinned(name) { required.append(JSON.copy(name, in: bytes)) }
    }
    if !required.isEmpty {
      if !added.isEmpty { added.append(UInt8(ascii: ",")) }
      added += #""required":["#.utf8
      added += required.joined(separator: [UInt8(ascii: ",")])
      added.append(UInt8(ascii: "]"))
    }
    return JSON.rebuildObject(
      schema, in: bytes,
      dropping: {
        JSON.equals($0, "properties", in: bytes) || JSON.equals($0, "required", in: bytes)
      }, adding: added)
  }

  private static func schema(of tool: [UInt8]) -> ByteRange {
    JSON.member("inputSchema", of: ByteRange(start: 0, end: tool.count), in: tool.span.bytes)
  }

  /// Whether a JSON string is the name of the argument.
  static func names(_ text: ByteRange, _ pin: PinnedArgument, in bytes: RawSpan) -> Bool {
    JSON.string(text, in: bytes)?.elementsEqual(pin.name.utf8) ?? false
  }
}
