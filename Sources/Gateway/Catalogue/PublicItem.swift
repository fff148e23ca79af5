import MCP
import Manifest
import RawJSON

/// An item of a service as the client sees it: filtered, renamed, re-described,
/// prefixed; every other member is the service's own bytes.
enum PublicItem {
  /// `nil` if the manifest hides it.
  static func entry(
    _ item: Offer.Item, kind: Offer.Kind, manifest: ServiceManifest, service: Int,
    contest: URIContest = URIContest([]), tasks: TaskKind = .none
  ) -> Catalogue.Entry? {
    switch kind {
    case .resources, .templates:
      let name = contest.publicName(item.name, of: service, named: manifest.name)
      return Catalogue.Entry(
        service: service, publicName: name, ownName: item.name,
        json: name == item.name ? item.json : resource(item, kind: kind, uri: name))
    case .prompts:
      let name = qualified(item.name, manifest)
      return Catalogue.Entry(
        service: service, publicName: name, ownName: item.name,
        json: rewritten(item.json, name: name, description: nil).json)
    case .tools:
      let json = Links.tool(item.json, contest.names[service])
      return tool(
        Offer.Item(name: item.name, json: json), manifest: manifest, service: service,
        support: tasks.support(of: item.name, json, manifest))
    }
  }

  /// A resource or template under another URI, in the place of its own.
  private static func resource(_ item: Offer.Item, kind: Offer.Kind, uri: [UInt8]) -> [UInt8] {
    let bytes = item.json.span.bytes
    let place = JSON.member(kind.key, of: ByteRange(start: 0, end: item.json.count), in: bytes)
    var splice = Splice()
    splice.replace(place) { JSON.appendQuoted(uri, to: &$0) }
    return splice.applied(to: bytes)
  }

  static func qualified(_ name: [UInt8], _ manifest: ServiceManifest) -> [UInt8] {
    ToolName.qualified(prefix: Array(manifest.prefix.utf8), name: name)
  }

  private static func tool(
    _ item: Offer.Item, manifest: ServiceManifest, service: Int, support: TaskSupport
  ) -> Catalogue.Entry? {
    let rules = manifest.tools
    guard rules.admits(item.name) else { return nil }
    let name = qualified(rules.renamed(item.name).map { Array($0.utf8) } ?? item.name, manifest)
    let (json, hasOutputSchema) = rewritten(
      item.json, name: name, description: rules.described(item.name))
    return Catalogue.Entry(
      service: service, publicName: name, ownName: item.name, json: json,
      legacyJSON: legacy(json, support: support, hasOutputSchema: hasOutputSchema),
      taskSupport: support,
      policy: manifest.policy(of: item.name),
      arguments: rules.validates(item.name) ? ArgumentSchema(tool: json) : nil)
  }

  /// `execution` announces tasks of 2025-11-25: it is left out here and told to legacy clients.
  ///
  /// - Parameters:
  ///   - description: in place of the service's own; nil for that one.
  ///   - schema: of its input, likewise.
  /// - Returns: the item, and whether it has an `outputSchema`.
  static func rewritten(
    _ json: [UInt8], name: [UInt8], description: String?, schema: [UInt8]? = nil
  ) -> (json: [UInt8], hasOutputSchema: Bool) {
    var hasOutputSchema = false
    var added = Array(#""name":"#.utf8)
    JSON.appendQuoted(name, to: &added)
    if let description {
      added += #","description":"#.utf8
      JSON.appendQuoted(description.utf8, to: &added)
    }
    if let schema { added += #","inputSchema":"#.utf8 + schema }
    let bytes = json.span.bytes
    let shown = JSON.rebuildObject(
      ByteRange(start: 0, end: json.count), in: bytes,
      dropping: { key in
        if JSON.equals(key, "outputSchema", in: bytes) { hasOutputSchema = true }
        return JSON.equals(key, "name", in: bytes) || JSON.equals(key, "execution", in: bytes)
          || (description != nil && JSON.equals(key, "description", in: bytes))
          || (schema != nil && JSON.equals(key, "inputSchema", in: bytes))
      }, adding: added)
    return (shown, hasOutputSchema)
  }

  /// Before 2026-07-28 an `outputSchema` had to describe an object, and tools told whether they
  /// can be called as tasks.
  ///
  /// - Parameter hasOutputSchema: false only where it is known to have none, so that it is not read.
  /// - Returns: nil where it stays as it is.
  static func legacy(
    _ json: [UInt8], support: TaskSupport, hasOutputSchema: Bool = true
  ) -> [UInt8]? {
    let execution: [UInt8] =
      switch support {
      case .forbidden: []
      // A tool that must be called as a task can be called without one here.
      case .optional, .required, .offered: Array(#""execution":{"taskSupport":"optional"}"#.utf8)
      }
    if !hasOutputSchema, execution.isEmpty { return nil }
    let bytes = json.span.bytes
    let whole = ByteRange(start: 0, end: json.count)
    let schema = JSON.member("outputSchema", of: whole, in: bytes)
    let keepsSchema =
      schema.isAbsent
      || JSON.equals(JSON.member("type", of: schema, in: bytes), "object", in: bytes)
    if keepsSchema, execution.isEmpty { return nil }
    return JSON.rebuildObject(
      whole, in: bytes,
      dropping: { !keepsSchema && JSON.equals($0, "outputSchema", in: bytes) },
      adding: execution)
  }
}
