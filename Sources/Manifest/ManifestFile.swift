import YAML

/// Reads one manifest.
struct ManifestFile {
  let path: String
  let gateway: GatewayConfiguration
  let variables: Variables
  /// A file that others can change is refused.
  var isGuarded = false

  /// The service, ready or off; never throws, since a broken manifest concerns nobody else.
  func entry() -> ServiceEntry {
    let stem = nameByPlace
    var reader = Reader(file: path, variables: variables)
    guard let root = reader.root(isGuarded: isGuarded) else {
      return ServiceEntry(name: escaped(stem), file: path, state: .off(reader.diagnostics))
    }
    let isEnabled = !(root["enabled"]?.scalar.map(Self.isFalse) ?? false)
    if !isEnabled { reader = Reader(file: path, variables: variables.dry) }
    var manifest = manifest(from: root, named: stem, &reader)
    manifest.parts = ManifestParts(root, isEnabled ? variables : variables.dry)
    let name = TextRule.service.problem(with: manifest.name) == nil ? manifest.name : escaped(stem)
    guard reader.diagnostics.isEmpty else {
      return ServiceEntry(name: name, file: path, state: .off(reader.diagnostics))
    }
    return ServiceEntry(
      name: name, file: path, state: isEnabled ? .ready(manifest) : .disabled(manifest))
  }

  /// The name of a service that does not say: its file's, or its folder's for a plugin.
  private var nameByPlace: String {
    let stem = FilePath.stem(of: path)
    return stem == "manifest" ? FilePath.name(of: FilePath.folder(of: path)) : stem
  }

  private static func isFalse(_ scalar: Scalar) -> Bool {
    scalar.style == .plain && ["false", "False", "FALSE"].contains(scalar.text)
  }

  private func manifest(
    from root: Node, named stem: String, _ reader: inout Reader
  ) -> ServiceManifest {
    var manifest = ServiceManifest(name: stem, file: path)
    manifest.process.directory = FilePath.folder(of: path)
    manifest.process.idle = gateway.processes.idle
    manifest.limits.concurrent = gateway.limits.backendCalls
    manifest.limits.queue = gateway.limits.queuedCalls
    manifest.limits.timeout = min(gateway.deadlines.call, gateway.deadlines.absolute)
    manifest.health = ServiceHealthRules(gateway.health)
    if root["rest"] != nil, root["process"] == nil, root["http"] == nil {
      return restManifest(from: root, manifest, &reader)
    }
    if root["http"] != nil, root["process"] == nil, root["rest"] == nil {
      return remoteManifest(from: root, manifest, &reader)
    }
    guard root["process"] != nil else { return kindless(from: root, manifest, &reader) }
    reader.read(root, into: &manifest, by: ServiceManifest.fields)
    manifest.afterPosition = root["after"]?.position
    manifest.commandPosition = root["process"]?["command"]?.position
    checkNames(manifest, root, &reader)
    checkProcess(&manifest, root, &reader)
    checkLimits(manifest, root, &reader)
    return manifest
  }

  /// What says of no kind of service that it is one: its mistakes are told all the same.
  private func kindless(
    from root: Node, _ start: ServiceManifest, _ reader: inout Reader
  ) -> ServiceManifest {
    var manifest = start
    reader.read(root, into: &manifest, by: ServiceManifest.kindlessFields)
    guard let pairs = root.pairs else { return manifest }
    let kinds = ["http", "rest"].filter { root[$0] != nil }
    // One that is misspelt has been told of.
    let isMisspelt = pairs.contains {
      NearestKey.to($0.key, among: ["process", "http", "rest"]) != nil
    }
    if kinds.isEmpty, isMisspelt { return manifest }
    reader.report(
      kinds.isEmpty
        ? "one of 'process', 'http' and 'rest' is missing"
        : "a service has one of 'process', 'http' and 'rest', and not two", at: root.position)
    return manifest
  }

  private func restManifest(
    from root: Node, _ start: ServiceManifest, _ reader: inout Reader
  ) -> ServiceManifest {
    var draft = RESTManifestDraft(manifest: start)
    reader.longestCall = gateway.deadlines.absolute
    reader.read(root, into: &draft, by: RESTManifestDraft.fields)
    var manifest = draft.finished(root, &reader)
    manifest.process = ProcessSpec()
    checkHealth(manifest, root, &reader)
    checkNames(manifest, root, &reader)
    checkLimits(manifest, root, &reader)
    return manifest
  }

  private func remoteManifest(
    from root: Node, _ start: ServiceManifest, _ reader: inout Reader
  ) -> ServiceManifest {
    var manifest = start
    // An empty section is one all the same.
    manifest.remote = RemoteService()
    reader.read(root, into: &manifest, by: ServiceManifest.remoteFields)
    manifest.afterPosition = root["after"]?.position
    checkNames(manifest, root, &reader)
    checkLimits(manifest, root, &reader)
    return manifest
  }

  /// An API is not asked by a message of MCP.
  private func checkHealth(_ manifest: ServiceManifest, _ root: Node, _ reader: inout Reader) {
    guard let check = manifest.health.check else { return }
    if case .url = check { return }
    reader.report(
      "'health.check' of a REST service must be a URL, not \(quoted(check.text))",
      at: root["health"]?["check"]?.position ?? root.position)
  }

  private func checkNames(_ manifest: ServiceManifest, _ root: Node, _ reader: inout Reader) {
    if root["service"]?.isNull ?? true, let problem = TextRule.service.problem(with: manifest.name)
    {
      reader.report(
        "the file's name gives the service the name \(quoted(manifest.name)), which \(problem); "
          + "give it another with 'service'", at: .start)
    }
    for reserved in ["gateway_", "tools_"] where manifest.prefix.utf8.starts(with: reserved.utf8) {
      let node = root["tools"]?["prefix"] ?? root["service"]
      reader.report(
        "the prefix '\(manifest.prefix)' begins with '\(reserved)', which is reserved; "
          + "choose another 'service' or 'tools.prefix'", at: node?.position ?? .start)
    }
    var shown: [String: String] = [:]
    for rename in manifest.tools.rename {
      guard let first = shown.updateValue(rename.name, forKey: rename.text) else { continue }
      reader.report(
        "'tools.rename' gives both \(quoted(first)) and \(quoted(rename.name)) the name "
          + quoted(rename.text),
        at: root["tools"]?["rename"]?[rename.name]?.position ?? root.position)
    }
  }

  private func checkProcess(
    _ manifest: inout ServiceManifest, _ root: Node, _ reader: inout Reader
  ) {
    let folder = FilePath.folder(of: path)
    let process = root["process"]
    for (key, text) in [
      ("command", manifest.process.command), ("directory", manifest.process.directory),
    ] where text.utf8.starts(with: "~/".utf8) || text == "~" {
      reader.report(
        "'~' in 'process.\(key)' is not expanded; write ${env:HOME}",
        at: process?[key]?.position ?? root.position)
    }
    if manifest.process.command.utf8.contains(UInt8(ascii: "/")) {
      manifest.process.command = FilePath.absolute(manifest.process.command, in: folder)
    }
    manifest.process.directory = FilePath.absolute(manifest.process.directory, in: folder)
    manifest.process.python.resolve(in: folder)
    let arguments = ArgumentList(command: manifest.process.command, items: reader.arguments)
    for refusal in arguments.refusals() {
      reader.report(
        "'process.args.\(refusal.index + 1)' \(refusal.message)",
        at: reader.arguments[refusal.index].node.position)
    }
  }

  private func checkLimits(_ manifest: ServiceManifest, _ root: Node, _ reader: inout Reader) {
    guard manifest.limits.timeout > gateway.deadlines.absolute else { return }
    reader.report(
      "'limits.timeout' is longer than deadlines.absolute of gateway.yaml, "
        + SpanText.show(gateway.deadlines.absolute),
      at: root["limits"]?["timeout"]?.position ?? root.position)
  }
}

extension Reader {
  /// The root of the file; reports why there is none. An empty file may be fine.
  mutating func root(allowsEmpty: Bool = false, isGuarded: Bool) -> Node? {
    do throws(RegularFile.Failure) {
      let limit = YAML.Limits().bytes
      let bytes = try RegularFile.read(file, limit: limit, isGuarded: isGuarded)
      return root(of: bytes, allowsEmpty)
    } catch {
      report("the file \(error)", at: nil, cause: error == .exposed ? .exposure : .mistake)
      return nil
    }
  }

  private mutating func root(of bytes: [UInt8], _ allowsEmpty: Bool) -> Node? {
    do throws(YAMLError) {
      if let root = try Node.parse(bytes), !root.isNull { return root }
      if !allowsEmpty { report("the file is empty", at: .start) }
    } catch {
      report(error.description, at: error.position)
    }
    return nil
  }
}
