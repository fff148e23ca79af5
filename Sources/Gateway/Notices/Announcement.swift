import MCP

/// A list that has changed, as clients are told of it.
enum Announcement: CaseIterable, Hashable {
  case tools, prompts, resources

  var method: Method {
    switch self {
    case .tools: .toolsListChanged
    case .prompts: .promptsListChanged
    case .resources: .resourcesListChanged
    }
  }

  /// The key of this kind in a `subscriptions/listen` filter.
  var filter: StaticString {
    switch self {
    case .tools: "toolsListChanged"
    case .prompts: "promptsListChanged"
    case .resources: "resourcesListChanged"
    }
  }

  /// The member of the server's capabilities that says `listChanged`.
  var capability: StaticString {
    switch self {
    case .tools: "tools"
    case .prompts: "prompts"
    case .resources: "resources"
    }
  }

  init(_ kind: Offer.Kind) {
    switch kind {
    case .tools: self = .tools
    case .prompts: self = .prompts
    case .resources, .templates: self = .resources
    }
  }

  /// The list that this notification of a service is about.
  init?(_ method: Method) {
    guard let match = Self.allCases.first(where: { $0.method == method }) else { return nil }
    self = match
  }

  private var kinds: [Offer.Kind] {
    switch self {
    case .tools: [.tools]
    case .prompts: [.prompts]
    case .resources: [.resources, .templates]
    }
  }

  /// The lists in which two catalogues differ.
  static func differences(_ old: Catalogue, _ new: Catalogue) -> Set<Announcement> {
    Set(
      allCases.filter { announcement in
        announcement.kinds.contains { kind in
          old.entries(kind).map(\.json) != new.entries(kind).map(\.json)
        }
      })
  }
}
