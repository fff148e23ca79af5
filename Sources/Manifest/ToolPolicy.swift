/// What the operator has declared about one tool: what may be done with its calls beyond passing
/// them on. A service's own annotations never enter, because nobody has checked them.
package struct ToolPolicy: Hashable, Sendable {
  /// A call changes nothing.
  package var isReadOnly = false
  /// A second call with the same arguments changes nothing more.
  package var isIdempotent = false
  /// Who goes first where calls have to wait.
  package var priority = REST.Priority.medium
  /// How long a result may be given again; nil is never.
  package var cache: Duration?
  /// How much longer it may stand in where the service fails.
  package var stale: Duration?
  /// Tools of the service, and URIs, whose kept results a call makes untrue; empty is none.
  package var clears: [NamePattern] = []
  /// Whether a call is more than passed on.
  package var isPlanned = false

  package init() {}

  /// Whether a call that may have been executed may be sent again.
  package var isRepeatable: Bool { isReadOnly || isIdempotent }

  /// What holds for a tool that several services share: only what each of them declares.
  package func and(_ other: ToolPolicy) -> ToolPolicy {
    var both = self
    both.isReadOnly = isReadOnly && other.isReadOnly
    both.isIdempotent = isRepeatable && other.isRepeatable
    both.cache = both.isReadOnly ? cache.flatMap { mine in other.cache.map { min(mine, $0) } } : nil
    both.stale =
      both.cache == nil ? nil : stale.flatMap { mine in other.stale.map { min(mine, $0) } }
    both.clears += other.clears
    both.isPlanned = isPlanned || other.isPlanned
    return both
  }
}

extension ServiceManifest {
  /// - Parameter name: the service's own name of the tool.
  package func policy(of name: [UInt8]) -> ToolPolicy {
    var policy = ToolPolicy()
    if let rest {
      guard let tool = rest.tools.first(where: { $0.name.utf8.elementsEqual(name) }) else {
        return policy
      }
      policy.isReadOnly = tool.annotations.isReadOnly
      policy.isIdempotent = tool.annotations.isIdempotent
      policy.priority = tool.priority
      policy.cache = policy.isReadOnly ? tool.cache : nil
      let isCaching = rest.tools.contains { $0.cache != nil && $0.annotations.isReadOnly }
      if isCaching, !policy.isReadOnly { policy.clears = [NamePattern("*")] }
      // An API is asked again by itself.
      policy.isPlanned = policy.cache != nil || !policy.clears.isEmpty
      return policy
    }
    policy.isReadOnly = tools.readOnly.contains { $0.matches(name) }
    policy.isIdempotent = tools.idempotent.contains { $0.matches(name) }
    if tools.high.contains(where: { $0.matches(name) }) {
      policy.priority = .high
    } else if tools.low.contains(where: { $0.matches(name) }) {
      policy.priority = .low
    }
    if policy.isReadOnly {
      policy.cache = tools.cache.first { $0.pattern.matches(name) }?.value
      policy.stale =
        policy.cache == nil ? nil : tools.stale.first { $0.pattern.matches(name) }?.value
    } else if !tools.cache.isEmpty || !resources.cache.isEmpty {
      let named = tools.clears.first { $0.pattern.matches(name) }?.value
      policy.clears = named ?? [NamePattern("*")]
    }
    policy.isPlanned = policy.isRepeatable || !policy.clears.isEmpty
    return policy
  }
}
