/// What the operator has declared about one tool: what may be done with its calls beyond passing
/// them on. A service's own annotations never enter, because nobody has checked them.
package struct ToolPolicy: Hashable, Sendable {
  /// A call changes nothing.
  package var isReadOnly = false
  /// A second call with the same arguments changes nothing more.
  package var isIdempotent = false
  /// Who goes first where calls have to wait.
  package var priority = REST.Priority.medium

  package init() {}

  /// Whether a call that may have been executed may be sent again.
  package var isRepeatable: Bool { isReadOnly || isIdempotent }

  /// What holds for a tool that several services share: only what each of them declares.
  package func and(_ other: ToolPolicy) -> ToolPolicy {
    var both = self
    both.isReadOnly = isReadOnly && other.isReadOnly
    both.isIdempotent = isRepeatable && other.isRepeatable
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
      return policy
    }
    policy.isReadOnly = tools.readOnly.contains { $0.matches(name) }
    policy.isIdempotent = tools.idempotent.contains { $0.matches(name) }
    if tools.high.contains(where: { $0.matches(name) }) {
      policy.priority = .high
    } else if tools.low.contains(where: { $0.matches(name) }) {
      policy.priority = .low
    }
    return policy
  }
}
