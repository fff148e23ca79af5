import YAML

extension Configuration {
  /// Manifests in one folder; more is an error.
  static let manifestLimit = 10_000

  /// Reads the folder `directory`: `gateway.yaml`, then `manifests/*.yaml` and `*.yml`, then
  /// the manifests of the plugins that `gateway.yaml` names.
  ///
  /// Never throws and never stops early: see `isUsable`, `services` and `diagnostics`.
  /// A folder that does not exist is an empty one, unless `isExplicit` says that somebody
  /// asked for it by name. A plugin NAME is looked for in each of `pluginDirectories` as
  /// NAME/manifest.yaml; the first one wins. `needsManifests` says that a missing folder of
  /// manifests is no empty one, for a gateway that has read it before. With `isGuarded`, files and
  /// folders that others than root and us can change are refused (rows M17 and S12); manifests of
  /// plugins are as trusted as the program itself. Takes time in proportion to the files' sizes.
  package static func load(
    directory: String, isExplicit: Bool = true, isGuarded: Bool = false,
    needsManifests: Bool = false, pluginDirectories: [String] = [], environment: [String: String]
  ) -> Configuration {
    var configuration = Configuration()
    configuration.isGuarded = isGuarded
    let variables = Variables(environment: environment, secrets: directory + "/secrets")
    do throws(Folder.Failure) {
      _ = try Folder.names(in: directory)
    } catch {
      if error != .missing || isExplicit { configuration.refuse("the folder \(error)", directory) }
      return configuration
    }
    guard configuration.guards([directory, directory + "/manifests"]) else { return configuration }
    let plugins = configuration.readGateway(directory + "/gateway.yaml", variables)
    let gateway = configuration.gateway
    let own = configuration.manifestFiles(in: directory + "/manifests", isNeeded: needsManifests)
    var files = own
    for (name, position) in plugins {
      let candidates = pluginDirectories.map { "\($0)/\(name)/manifest.yaml" }
      if let file = candidates.first(where: RegularFile.exists) {
        files.append(file)
      } else {
        configuration.missingPlugin(name, at: position, in: directory + "/gateway.yaml", candidates)
      }
    }
    configuration.services += files.enumerated().map { index, file in
      let isGuarded = isGuarded && index < own.count
      return ManifestFile(
        path: file, gateway: gateway, variables: variables, isGuarded: isGuarded
      ).entry()
    }
    configuration.refuseDuplicates()
    configuration.refuseImpossibleOrder()
    configuration.services.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    configuration.collectDiagnostics()
    configuration.warnOfUnknownServices()
    return configuration
  }

  /// Reads single manifests, for checking files that lie anywhere.
  ///
  /// `directory` is the folder of the configuration: its `gateway.yaml` gives the defaults and
  /// its `secrets` the secrets.
  package static func check(
    files: [String], directory: String, environment: [String: String]
  ) -> Configuration {
    var configuration = Configuration()
    let variables = Variables(environment: environment, secrets: directory + "/secrets")
    _ = configuration.readGateway(directory + "/gateway.yaml", variables)
    let gateway = configuration.gateway
    for file in files {
      if FilePath.name(of: file) == "gateway.yaml" {
        if file != directory + "/gateway.yaml" { _ = configuration.readGateway(file, variables) }
        continue
      }
      configuration.services.append(
        ManifestFile(path: file, gateway: gateway, variables: variables).entry())
    }
    configuration.refuseDuplicates()
    configuration.collectDiagnostics()
    return configuration
  }
}

extension Configuration {
  private mutating func refuse(
    _ message: String, _ file: String, cause: Diagnostic.Cause = .mistake
  ) {
    var diagnostic = Diagnostic(message, in: file, at: nil)
    diagnostic.cause = cause
    diagnostics.append(diagnostic)
    isUsable = false
  }

  /// Whether these folders may be used: where others can write, they can put a manifest.
  private mutating func guards(_ folders: [String]) -> Bool {
    let exposed = isGuarded ? folders.filter { !RegularFile.isGuarded($0) } : []
    for folder in exposed {
      refuse("the folder \(RegularFile.Failure.exposed)", folder, cause: .exposure)
    }
    return exposed.isEmpty
  }

  /// Reads `gateway.yaml` and returns the plugins it names, with their places.
  private mutating func readGateway(
    _ file: String, _ variables: Variables
  ) -> [(name: String, position: Position)] {
    guard RegularFile.exists(file) else { return [] }
    var reader = Reader(file: file, variables: variables)
    var plugins: [(String, Position)] = []
    if let root = reader.root(allowsEmpty: true, isGuarded: isGuarded) {
      reader.read(root, into: &gateway, by: GatewayConfiguration.fields)
      checkDeadlines(root, &reader)
      profilePlaces = root["profiles"].map { ProfilePlaces(file: file, node: $0) }
      let nodes = root["plugins"]?.items ?? []
      plugins = gateway.plugins.compactMap { name in
        nodes.first { $0.scalar?.text == name }.map { (name, $0.position) }
      }
    }
    diagnostics += reader.diagnostics
    isUsable = isUsable && reader.diagnostics.isEmpty
    return plugins
  }

  private func checkDeadlines(_ root: Node, _ reader: inout Reader) {
    guard gateway.deadlines.call > gateway.deadlines.absolute else { return }
    reader.report(
      "'deadlines.call' is longer than 'deadlines.absolute', "
        + SpanText.show(gateway.deadlines.absolute),
      at: root["deadlines"]?["call"]?.position ?? root.position)
  }

  /// The manifests of the folder; hidden files and what editors leave behind are no manifests.
  private mutating func manifestFiles(in folder: String, isNeeded: Bool) -> [String] {
    do throws(Folder.Failure) {
      let names = try Folder.names(in: folder).filter { name in
        let bytes = Array(name.utf8)
        let isHidden = bytes.first == UInt8(ascii: ".") || bytes.first == UInt8(ascii: "#")
        return !isHidden && (name.hasSuffix(".yaml") || name.hasSuffix(".yml"))
      }
      guard names.count <= Self.manifestLimit else {
        refuse("the folder has more than \(Self.manifestLimit) manifests", folder)
        return []
      }
      return names.map { folder + "/" + $0 }
    } catch {
      if error != .missing || isNeeded { refuse("the folder \(error)", folder) }
      return []
    }
  }

  private mutating func missingPlugin(
    _ name: String, at position: Position, in file: String, _ candidates: [String]
  ) {
    let places = candidates.map { quoted($0, limit: 200) }.joined(separator: ", ")
    let message = "the plugin '\(name)' is not installed; looked for \(places)"
    let diagnostic = Diagnostic(message, in: file, at: position)
    services.append(ServiceEntry(name: name, file: file, state: .off([diagnostic])))
  }

  /// Services with one name are all off, and each says where the others are (row M07).
  ///
  /// Names that differ only in case count as one: people cannot keep them apart (row S03).
  private mutating func refuseDuplicates() {
    let places = Dictionary(grouping: services.indices) { services[$0].name.lowercased() }
    for indices in places.values where indices.count > 1 {
      let entries = indices.map { services[$0] }
      for index in indices {
        let entry = services[index]
        let others = entries.filter { $0.file != entry.file }.map { other in
          let name = other.name == entry.name ? "" : " as '\(other.name)'"
          return escaped(other.file) + name
        }
        guard !others.isEmpty else { continue }
        var reasons = entry.reasons
        let message =
          "the service '\(entry.name)' is also described in "
          + others.joined(separator: " and ") + "; none of them is served"
        reasons.append(Diagnostic(message, in: entry.file, at: .start))
        services[index].state = .off(reasons)
      }
    }
  }

  private mutating func collectDiagnostics() {
    for entry in services { diagnostics += entry.reasons }
  }
}

extension ServiceEntry {
  /// Why the service is off; empty if it is not.
  package var reasons: [Diagnostic] {
    if case .off(let diagnostics) = state { diagnostics } else { [] }
  }
}
