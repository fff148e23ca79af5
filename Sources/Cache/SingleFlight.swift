package import RawJSON

/// Equal calls at the same time become one: the first is asked, the others wait for its answer.
///
/// Inlinable, because a generic type of another module is not made for its one waiter otherwise,
/// and looks its own type up with each call.
package struct SingleFlight<Waiter> {
  @usableFromInline var flights: [ByteKey: [Waiter]] = [:]

  @inlinable package init() {}

  /// Whether a call with this key is under way.
  @inlinable package func isUnderWay(_ key: ByteKey) -> Bool { flights[key] != nil }

  /// The first call of its key begins.
  @inlinable package mutating func begin(_ key: ByteKey) { flights[key] = [] }

  /// Waits for the call that is under way.
  @inlinable package mutating func join(_ key: ByteKey, _ waiter: Waiter) {
    flights[key]?.append(waiter)
  }

  /// The call has ended: those who waited for it, in the order in which they came.
  @inlinable package mutating func end(_ key: ByteKey) -> [Waiter] {
    flights.removeValue(forKey: key) ?? []
  }
}
