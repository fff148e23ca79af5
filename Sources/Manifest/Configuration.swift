/// Everything a folder says, the mistakes included.
package struct Configuration: Sendable {
  /// With defaults in place of what is missing or wrong.
  package var gateway = GatewayConfiguration()
  /// One for every service, sorted by the bytes of its name.
  package var services: [ServiceEntry] = []
  /// All mistakes of all files, those of services that are off included.
  package var diagnostics: [Diagnostic] = []
  /// Whether the folder and `gateway.yaml` could be used; if not, nothing should be served.
  package var isUsable = true
  /// What others can change is refused.
  var isGuarded = false
  /// Where the profiles of `gateway.yaml` stand.
  var profilePlaces: ProfilePlaces?

  package init() {}

  /// The services to serve: higher priority first, then by the bytes of the name.
  package var ready: [ServiceManifest] {
    services.compactMap(\.manifest).sorted { left, right in
      left.priority != right.priority
        ? left.priority > right.priority
        : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }
}

/// A service and whether it can be served.
package struct ServiceEntry: Sendable {
  package enum State: Sendable {
    case ready(ServiceManifest)
    /// Not served, and why; at least one.
    case off([Diagnostic])
    /// `enabled: false`.
    case disabled(ServiceManifest)
  }

  package var name: String
  package var file: String
  package var state: State

  package init(name: String, file: String, state: State) {
    self.name = name
    self.file = file
    self.state = state
  }

  /// The manifest, if the service is to be served.
  package var manifest: ServiceManifest? {
    if case .ready(let manifest) = state { manifest } else { nil }
  }
}
