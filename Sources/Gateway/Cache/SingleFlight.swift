import RawJSON

/// Equal calls at the same time become one: the first is asked, the others wait for its answer.
///
/// Beside its one user, because a generic type of another module looks itself up with each call.
struct SingleFlight<Waiter> {
  private var flights: [ByteKey: [Waiter]] = [:]

  /// Whether a call with this key is under way.
  func isUnderWay(_ key: ByteKey) -> Bool { flights[key] != nil }

  /// The first call of its key begins.
  mutating func begin(_ key: ByteKey) { flights[key] = [] }

  /// Waits for the call that is under way.
  mutating func join(_ key: ByteKey, _ waiter: Waiter) { flights[key]?.append(waiter) }

  /// The call has ended: those who waited for it, in the order in which they came.
  mutating func end(_ key: ByteKey) -> [Waiter] { flights.removeValue(forKey: key) ?? [] }
}
