package import Resilience

/// Something that the killer did, and to whom: what errors are explained by.
package struct Deed: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case kill, terminate, freeze, orphan, restart, rewrite, touch, spoil, disable, poison
    case reset, refuse, cancels, deafness

    /// Whether calls of the service may end in an error because of it.
    package var harms: Bool {
      switch self {
      case .kill, .terminate, .freeze, .orphan, .poison, .reset, .refuse: true
      case .restart, .rewrite, .touch, .spoil, .disable, .cancels, .deafness: false
      }
    }
  }

  package var kind: Kind
  /// Empty where it was done to the client.
  package var services: [String]
  package var at: Instant
  /// When it was over.
  package var until: Instant

  package init(_ kind: Kind, _ services: [String], at: Instant, until: Instant? = nil) {
    self.kind = kind
    self.services = services
    self.at = at
    self.until = until ?? at
  }
}
