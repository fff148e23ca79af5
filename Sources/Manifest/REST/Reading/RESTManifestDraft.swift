import YAML

/// A manifest of an HTTP API while it is read.
struct RESTManifestDraft: Sendable {
  var manifest: ServiceManifest
  var rest = ServiceDraft()
  var tools: [Row<ToolDraft>] = []

  init(manifest: ServiceManifest) { self.manifest = manifest }

  static let fields: [Field<RESTManifestDraft>] =
    ServiceManifest.head.map { $0.lifted(to: \.manifest) } + [
      .section(
        "rest", \.rest, "The HTTP API.", { ServiceDraft.fields }, isRequired: true),
      .rows(
        "tools", \.tools, .tool, "The tools, by name; the service's name goes before it.",
        { ToolDraft.keys }, { ToolDraft() }, isRequired: true),
    ] + ServiceManifest.tail.map { $0.lifted(to: \.manifest) }

  /// Tools that one manifest may have, aliases included (row M12).
  static let toolLimit = 1_000

  /// The manifest with its tools, each checked against the section `rest`.
  func finished(_ root: Node, _ reader: inout Reader) -> ServiceManifest {
    var manifest = manifest
    guard let node = root["rest"], node.pairs != nil else { return manifest }
    var context = ServiceContext(service: REST.Service(), configNames: [])
    reader.within("rest") { context = rest.finished(node, &$0) }
    var service = context.service
    reader.within("tools") { reader in
      for row in tools {
        reader.within(row.name.value) { reader in
          var check = ToolReader(row, in: context)
          let tool = check.finish(&reader)
          service.tools.append(tool)
          for alias in row.value.aliases {
            var copy = tool
            copy.name = alias.value
            service.tools.append(copy)
          }
        }
      }
    }
    let all = service.tools
    if all.count > Self.toolLimit {
      reader.report(
        "the manifest has \(all.count) tools, more than \(Self.toolLimit)", at: root.position)
    }
    checkNames(manifest, &reader)
    checkTimes(manifest, &reader)
    checkBatches(service, &reader)
    manifest.tools.tasks = service.tools.filter(\.isTask).map { NamePattern($0.name) }
    manifest.rest = service
    return manifest
  }

  /// No two tools come to one name, with the prefix where it is missing.
  private func checkNames(_ manifest: ServiceManifest, _ reader: inout Reader) {
    let prefix = Array(manifest.prefix.utf8)
    var seen: Set<[UInt8]> = []
    let names = tools.flatMap { [$0.name] + $0.value.aliases }
    for name in names {
      let bytes = Array(name.value.utf8)
      let shown = bytes.starts(with: prefix) ? bytes : prefix + bytes
      if seen.insert(shown).inserted { continue }
      reader.report(
        "a tool named \(quoted(String(decoding: shown, as: UTF8.self))) is there already",
        at: name.position)
    }
  }

  private func checkTimes(_ manifest: ServiceManifest, _ reader: inout Reader) {
    for row in tools {
      guard let timeout = row.value.tool.timeout, timeout > reader.longestCall else { continue }
      reader.report(
        "'timeout' in 'tools.\(row.name.value)' is longer than deadlines.absolute of gateway.yaml, "
          + SpanText.show(reader.longestCall), at: row.position)
    }
  }

  /// A batch without a tool that it may call is a mistake.
  private func checkBatches(_ service: REST.Service, _ reader: inout Reader) {
    guard !service.tools.contains(where: \.isBatchable) else { return }
    for row in tools where row.value.steps.contains(where: { $0.value.batch != nil }) {
      reader.report(
        "'batch' in 'tools.\(row.name.value)' needs a tool with 'batch: true'", at: row.position)
    }
  }
}

extension REST.Service {
  /// The tool that the manifest calls so; compared as bytes.
  package func tool(_ name: String) -> REST.Tool? {
    tools.first { $0.name.utf8.elementsEqual(name.utf8) }
  }
}
