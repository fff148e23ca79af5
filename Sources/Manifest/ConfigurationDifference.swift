/// What changes when a running gateway takes over a configuration that was read anew.
///
/// A value; nothing is done by it. What runs stays the measure: a service whose manifest cannot be
/// used any more keeps the one it had, and a folder that cannot be read changes nothing (rows M13
/// and M16).
package struct ConfigurationDifference: Sendable {
  package struct ServiceChange: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case added
      /// Its manifest is gone, or says `enabled: false`.
      case removed
      /// These keys say something else, by name; empty if only defaults of gateway.yaml do.
      case changed([String])
      /// Its manifest cannot be used; it goes on with the one before.
      case kept(why: String)
    }

    package var name: String
    package var kind: Kind
    /// Its process must be another one.
    package var needsProcess = false

    package init(name: String, kind: Kind, needsProcess: Bool = false) {
      self.name = name
      self.kind = kind
      self.needsProcess = needsProcess
    }
  }

  package struct SettingChange: Hashable, Sendable {
    /// The full name, such as `limits.page`.
    package var key: String
    package var old: String
    package var new: String
    package var effect: SettingEffect
  }

  /// By name; services that stay as they are do not occur.
  package var services: [ServiceChange] = []
  /// In the order of the reference.
  package var settings: [SettingChange] = []
  /// Mistakes that were not there before, those that keep a service as it was included.
  package var problems: [Diagnostic] = []
  /// What the gateway serves afterwards; what it serves now, where nothing can be taken over.
  package var result: Configuration
  /// Whether the folder and gateway.yaml could be used.
  package var isUsable = true

  package var isEmpty: Bool { services.isEmpty && settings.isEmpty }

  /// - Parameters:
  ///   - running: what the gateway serves.
  ///   - read: what the folder says now.
  package init(from running: Configuration, to read: Configuration) {
    let known = Set(running.diagnostics)
    problems = read.diagnostics.filter { !known.contains($0) }
    guard read.isUsable else {
      isUsable = false
      result = running
      return
    }
    result = read
    compareServices(running, read)
    compareSettings(running.gateway, read.gateway)
  }

  private mutating func compareServices(_ running: Configuration, _ read: Configuration) {
    var old: [String: ServiceEntry] = [:]
    for entry in running.services where entry.manifest != nil { old[entry.name] = entry }
    // By file, since a manifest that cannot be read does not tell the service's name either.
    var broken: [String: ServiceEntry] = [:]
    for entry in read.services {
      if case .off = entry.state { broken[entry.file] = entry }
    }
    var kept: Set<String> = []
    for (name, entry) in old {
      guard let reason = broken[entry.file]?.reasons.first else { continue }
      services.append(ServiceChange(name: name, kind: .kept(why: reason.description)))
      kept.insert(name)
    }
    result.services.removeAll { entry in
      kept.contains(entry.name)
        || old.values.contains { kept.contains($0.name) && $0.file == entry.file }
    }
    result.services += kept.compactMap { old[$0] }
    keepOldOrder(old, &kept)
    result.services.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let now = result.services.filter { !kept.contains($0.name) }
    for entry in now {
      guard let manifest = entry.manifest else { continue }
      guard let before = old[entry.name]?.manifest else {
        services.append(ServiceChange(name: entry.name, kind: .added))
        continue
      }
      if let change = ServiceChange(entry.name, from: before, to: manifest) {
        services.append(change)
      }
    }
    let served = Set(result.services.filter { $0.manifest != nil }.map(\.name))
    for name in old.keys where !served.contains(name) {
      services.append(ServiceChange(name: name, kind: .removed))
    }
    services.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// A service that is kept and one that is new can come after each other: then neither is taken
  /// over.
  private mutating func keepOldOrder(_ old: [String: ServiceEntry], _ kept: inout Set<String>) {
    while !kept.isEmpty {
      let order = StartOrder(result)
      let index = result.services.firstIndex { entry in
        !kept.contains(entry.name) && order.circle(through: entry.name) != nil
      }
      guard let index else { return }
      let name = result.services[index].name
      guard let before = old[name] else {
        result.services.remove(at: index)
        continue
      }
      result.services[index] = before
      kept.insert(name)
      services.append(
        ServiceChange(name: name, kind: .kept(why: "it would come after itself")))
    }
  }

  private mutating func compareSettings(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
    let before = old.values
    for (key, value) in new.values {
      guard let former = before.first(where: { $0.key == key })?.value, former != value else {
        continue
      }
      settings.append(
        SettingChange(key: key, old: former, new: value, effect: SettingEffect(of: key)))
    }
  }
}

extension ConfigurationDifference.ServiceChange {
  /// Nil if both say the same.
  fileprivate init?(_ name: String, from old: ServiceManifest, to new: ServiceManifest) {
    let keys = new.parts.differences(from: old.parts)
    // Defaults of gateway.yaml are no keys of the manifest.
    let hasOtherDefaults = old.limits != new.limits || old.process.idle != new.process.idle
    // What was in the lock file, or which python there is, may have changed.
    let hasOtherEnvironment = old.process.python.folder != new.process.python.folder
    guard !keys.isEmpty || hasOtherDefaults || hasOtherEnvironment || old.file != new.file else {
      return nil
    }
    self.init(name: name, kind: .changed(keys))
    needsProcess =
      (old.rest == nil) != (new.rest == nil) || keys.contains(where: Self.concernsProcess)
      || old.process.directory != new.process.directory
      || old.process.command != new.process.command || hasOtherEnvironment
  }

  /// Keys below `process` that a running process need not be started anew for.
  private static let easy = ["process.start", "process.idle"]

  private static func concernsProcess(_ key: String) -> Bool {
    (key.hasPrefix("process") || key.hasPrefix("http")) && !easy.contains(key)
  }
}
