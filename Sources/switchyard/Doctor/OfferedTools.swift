import MCP
import Manifest
import RawJSON
import Store

/// The names of tools that clients see without a profile, as far as is known without asking: from
/// manifests, and from what services offered when they were last asked.
struct OfferedTools {
  /// One tool of one service.
  struct Tool {
    var service: String
    /// With its prefix, in full.
    var whole: String
    /// As clients see it.
    var shown: String
  }

  private(set) var tools: [Tool] = []
  /// The prefixes of services that were never asked.
  private(set) var unasked: [String] = []

  init(_ configuration: Configuration, _ state: StateSnapshot) {
    for manifest in configuration.ready where !state.switchedOff.contains(manifest.name) {
      guard let names = Self.names(of: manifest, state) else {
        unasked.append(manifest.prefix)
        continue
      }
      for own in names where manifest.tools.admits(Array(own.utf8)) {
        let renamed = manifest.tools.renamed(Array(own.utf8)) ?? own
        let whole = renamed.hasPrefix(manifest.prefix) ? renamed : manifest.prefix + renamed
        let shown = ToolName.qualified(prefix: manifest.prefix, name: renamed)
        tools.append(Tool(service: manifest.name, whole: whole, shown: shown))
      }
    }
  }

  private static func names(of manifest: ServiceManifest, _ state: StateSnapshot) -> [String]? {
    if let api = manifest.rest { return api.tools.map(\.name) }
    guard let record = state.catalogue(of: manifest.name),
      let list = (try? JSONValue(parsing: record.tools))?.arrayValue
    else { return nil }
    return list.compactMap { $0["name"]?.stringValue }
  }

  /// What a client with a profile can call, before its budget.
  func count(for profile: Profile) -> Int {
    Set(
      tools.filter { profile.selects(service: $0.service) }.map(\.shown)
        .filter { profile.tools.admits($0.utf8) }
    ).count
  }
}

extension Configuration {
  /// Mistakes in profiles that are seen only with what services have offered.
  func profileWarnings(_ state: StateSnapshot) -> [Diagnostic] {
    guard !gateway.profiles.isEmpty else { return [] }
    let offered = OfferedTools(self, state)
    // The gateway's own tools are listed where it says so, and are no mistake where it does not.
    return unknownTools(
      known: offered.tools.map(\.shown),
      unasked: offered.unasked + ["\(Profile.gatewayService)_"])
  }
}
