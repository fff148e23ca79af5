import RawJSON

/// What clients of one kind are shown of everything on offer; one entry of `profiles` in
/// gateway.yaml.
///
/// Tools have the names here that clients see without a profile. A value: which client has which
/// profile, and what the profile makes of a catalogue, the gateway decides.
package struct Profile: Hashable, Sendable {
  /// Tools that a client is shown directly at most.
  package enum Budget: Hashable, Sendable {
    case none
    /// As many as the client is known to take; none where nothing is known of it.
    case ofClient
    case tools(Int)
  }

  package var name: String
  /// Patterns of what clients call themselves, in lower case; empty if only `--profile` chooses it.
  package var clients: [NamePattern] = []
  /// The only services that are shown; empty for all.
  package var services: [String] = []
  package var tools = ProfileTools()
  package var budget = Budget.ofClient

  package init(name: String) { self.name = name }

  /// The tools that stand for those beyond the budget count as well: there is nothing below.
  package static let leastBudget = 3
  /// How the gateway's own tools and resources are named among services.
  package static let gatewayService = "gateway"

  package func selects(service name: String) -> Bool {
    services.isEmpty || services.contains { $0.utf8.elementsEqual(name.utf8) }
  }

  /// Whether a client that calls itself so has this profile; case does not count.
  package func matches(client name: [UInt8]) -> Bool {
    guard !clients.isEmpty else { return false }
    let name = KnownClient.lowercased(name)
    return clients.contains { $0.matches(name) }
  }

  /// How many tools a client that calls itself so is shown at most; nil without a bound.
  package func budget(for client: [UInt8]) -> Int? {
    switch budget {
    case .none: nil
    case .tools(let count): count
    case .ofClient: KnownClient.mostTools(client)
    }
  }
}

/// Which tools a profile shows, and as what.
package struct ProfileTools: Hashable, Sendable {
  /// If not empty, only tools that match one of these.
  package var include: [NamePattern] = []
  /// Tools that match one of these are left out, included or not.
  package var exclude: [NamePattern] = []
  /// From the name without the profile to the one with it.
  package var rename: [NamedText] = []
  /// From the name without the profile to the description.
  package var describe: [NamedText] = []
  /// Arguments that the client neither sees nor gives.
  package var pin: [PatternValue<[PinnedArgument]>] = []

  package init() {}

  package func admits(_ name: some Collection<UInt8>) -> Bool {
    if exclude.contains(where: { $0.matches(name) }) { return false }
    return include.isEmpty || include.contains { $0.matches(name) }
  }

  /// The names of tools that are written out in it, and no patterns.
  package var names: [String] {
    let patterns = (include + exclude + pin.map(\.pattern)).filter { !$0.isOpen }.map(\.text)
    var seen: Set<String> = []
    return (patterns + (rename + describe).map(\.name)).filter { seen.insert($0).inserted }
  }
}

/// An argument of calls that the configuration gives.
package struct PinnedArgument: Hashable, Sendable {
  package var name: String
  /// As JSON.
  package var value: [UInt8]

  package init(name: String, value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

extension NamePattern {
  /// Whether it may stand for more than one name.
  package var isOpen: Bool { text.utf8.contains(UInt8(ascii: "*")) }
}
