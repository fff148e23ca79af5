import Backend
import Loop
package import Manifest
import Resilience
import Store
package import Telemetry

/// What a reload does to a gateway that runs: only what has changed is touched.
extension Gateway {
  /// Watches the configuration from now on; what was written since `moment` (nanoseconds since
  /// 1970), when it was read, is read at once.
  package func watchConfiguration(since moment: Int64) { reloader.begin(since: moment) }

  /// Takes over what the configuration says now; says in the log what has changed.
  package func reload() { reloader.reload { _ in } }

  func adopt(_ difference: ConfigurationDifference) {
    let old = configuration.gateway
    configuration = difference.result
    let manifests = Dictionary(configuration.ready.map { ($0.name, $0) }) { first, _ in first }
    for change in difference.services {
      switch (change.kind, manifests[change.name]) {
      case (.removed, _): remove(change.name)
      case (.added, let manifest?): addNew(manifest)
      case (.changed, let manifest?):
        self.change(change.name, to: manifest, needsProcess: change.needsProcess)
      default: break
      }
    }
    adopt(configuration.gateway, insteadOf: old)
    putInOrder()
    noteOrder()
    servicesChanged()
    tell(difference)
  }

  private func addNew(_ manifest: ServiceManifest) {
    // It may have been switched off in an earlier life.
    let isOff = surroundings.store?.switchedOff().contains(manifest.name) == true
    add(manifest)
    if let service = services.last, service.name == manifest.name {
      recall(service, surroundings.store?.allCatalogues() ?? [])
      if !isOff { meet(service) }
    }
    if isOff { switchOff(manifest.name) }
  }

  /// Keys of gateway.yaml that are kept somewhere; the others are read where they are used.
  private func adopt(_ new: GatewayConfiguration, insteadOf old: GatewayConfiguration) {
    guard new != old else { return }
    log.change(level: Telemetry.LogLevel(new.log.level))
    absoluteTime = new.deadlines.absolute.inNanoseconds
    startQueue.change(limit: new.processes.parallel)
    discoveries.change(limit: new.discovery.parallel)
    pages.change(pageSize: new.limits.page)
    changeProfiles(from: old)
    session.adopt(new)
    callLoad.change(new.limits)
  }

  private func tell(_ difference: ConfigurationDifference) {
    func names(_ isWanted: (ConfigurationDifference.ServiceChange) -> Bool) -> String {
      difference.services.filter(isWanted).map(\.name).joined(separator: ", ")
    }
    log(
      .info, "config.reloaded",
      [
        "added": names { $0.kind == .added }, "removed": names { $0.kind == .removed },
        "changed": names { if case .changed = $0.kind { true } else { false } },
        "new_process": names { $0.needsProcess },
      ])
    for setting in difference.settings {
      log(
        setting.effect == .withNextStart ? .warning : .info, "config.setting",
        [
          "key": setting.key, "from": setting.old, "to": setting.new,
          "effect": setting.effect.rawValue,
        ])
    }
  }
}

extension Telemetry.LogLevel {
  package init(_ level: GatewayConfiguration.Level) {
    switch level {
    case .trace: self = .trace
    case .debug: self = .debug
    case .info: self = .info
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}
