import Backend
import MCP
import RawJSON
import Store

/// What one service offers, as it said it: raw JSON, one entry an item.
///
/// Made from the answers to its lists or from the state file; immutable. Items
/// that no client could use (no name, no object schema) are left out here, with
/// a reason for the log, so that one bad tool does not break the others.
struct Offer: Hashable, Sendable {
  /// One tool, prompt, resource or template.
  struct Item: Hashable, Sendable {
    /// The service's own name, or the URI (template), decoded.
    var name: [UInt8]
    var json: [UInt8]
  }

  enum Kind: Int, CaseIterable, Hashable, Sendable {
    case tools, prompts, resources, templates

    var method: Method {
      switch self {
      case .tools: .toolsList
      case .prompts: .promptsList
      case .resources: .resourcesList
      case .templates: .resourcesTemplatesList
      }
    }

    /// The member of the list's result that holds the items.
    var member: StaticString {
      switch self {
      case .tools: "tools"
      case .prompts: "prompts"
      case .resources: "resources"
      case .templates: "resourceTemplates"
      }
    }

    /// The member of an item that identifies it.
    var key: StaticString {
      switch self {
      case .tools, .prompts: "name"
      case .resources: "uri"
      case .templates: "uriTemplate"
      }
    }

    /// The member of the server's capabilities that announces it.
    var capability: StaticString {
      switch self {
      case .tools: "tools"
      case .prompts: "prompts"
      case .resources, .templates: "resources"
      }
    }
  }

  var introduction: ServiceBackend.Introduction
  var items = ByKind<[Item]>()

  func declares(_ capability: StaticString) -> Bool {
    let bytes = introduction.capabilities
    guard !bytes.isEmpty else { return false }
    let whole = ByteRange(start: 0, end: bytes.count)
    let span = bytes.span.bytes
    return !JSON.member(capability, of: whole, in: span).isAbsent
  }

  /// Reads the items of a validated JSON array.
  static func items(
    _ kind: Kind, of array: ByteRange, in bytes: RawSpan, rejected: inout [String]
  ) -> [Item] {
    var items: [Item] = []
    JSON.forEachElement(of: array, in: bytes) { element in
      let name = JSON.string(JSON.member(kind.key, of: element, in: bytes), in: bytes)
      guard let name, !name.isEmpty else {
        rejected.append("an entry without \(kind.key)")
        return
      }
      if kind == .tools, !hasObjectSchema(element, in: bytes) {
        rejected.append("a tool whose inputSchema is not an object schema")
        return
      }
      // Such a tool would be most of what a model reads of all services together.
      guard element.count <= itemLimit else {
        rejected.append("an entry of more than \(itemLimit >> 10) KiB")
        return
      }
      items.append(Item(name: name, json: JSON.copy(element, in: bytes)))
    }
    return items
  }

  /// Bytes of one tool, prompt or resource with its schemas.
  static let itemLimit = 256 << 10

  /// The specification requires `inputSchema` with `type: "object"` at its root;
  /// a client that checks this drops the whole list because of one such tool.
  private static func hasObjectSchema(_ tool: ByteRange, in bytes: RawSpan) -> Bool {
    let schema = JSON.member("inputSchema", of: tool, in: bytes)
    return JSON.equals(JSON.member("type", of: schema, in: bytes), "object", in: bytes)
  }
}

extension Offer {
  init?(_ record: CatalogueRecord) {
    guard let revision = Revision(rawValue: record.revision) else { return nil }
    introduction = .init(
      revision: revision, capabilities: record.capabilities, serverInfo: record.serverInfo,
      instructions: record.instructions)
    let stored: [(Kind, [UInt8])] = [
      (.tools, record.tools), (.prompts, record.prompts), (.resources, record.resources),
      (.templates, record.templates),
    ]
    var rejected: [String] = []
    for (kind, text) in stored where !text.isEmpty {
      let span = text.span.bytes
      guard let whole = try? JSON.validate(span) else { return nil }
      items[kind] = Offer.items(kind, of: whole, in: span, rejected: &rejected)
    }
    for text in [record.capabilities, record.serverInfo] where !text.isEmpty {
      guard (try? JSON.validate(text.span.bytes)) != nil else { return nil }
    }
  }

  func record(service: String, digest: String, at seconds: Int64) -> CatalogueRecord {
    CatalogueRecord(
      service: service, digest: digest, revision: introduction.revision.rawValue,
      serverInfo: introduction.serverInfo, capabilities: introduction.capabilities,
      instructions: introduction.instructions, tools: array(.tools), prompts: array(.prompts),
      resources: array(.resources), templates: array(.templates), updatedAt: seconds)
  }

  private func array(_ kind: Kind) -> [UInt8] {
    [UInt8(ascii: "[")] + (items[kind] ?? []).map(\.json).joined(separator: [UInt8(ascii: ",")])
      + [UInt8(ascii: "]")]
  }
}

/// A value for each kind of item that has one; a place for each, where a dictionary would hash.
struct ByKind<Value> {
  private var values: [Value?]

  init() { values = Array(repeating: nil, count: Offer.Kind.allCases.count) }

  subscript(kind: Offer.Kind) -> Value? {
    get { values[kind.rawValue] }
    set { values[kind.rawValue] = newValue }
  }
}

extension ByKind: Equatable where Value: Equatable {}
extension ByKind: Hashable where Value: Hashable {}
extension ByKind: Sendable where Value: Sendable {}
