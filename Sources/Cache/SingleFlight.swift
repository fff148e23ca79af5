/// Equal calls at the same time become one: the first is asked, the others wait for its answer.
package struct SingleFlight<Waiter> {
  private var flights: [ResultCache.Key: [Waiter]] = [:]

  package init() {}

  /// Whether a call with this key is under way.
  package func isUnderWay(_ key: ResultCache.Key) -> Bool { flights[key] != nil }

  /// The first call of its key begins.
  package mutating func begin(_ key: ResultCache.Key) { flights[key] = [] }

  /// Waits for the call that is under way.
  package mutating func join(_ key: ResultCache.Key, _ waiter: Waiter) {
    flights[key]?.append(waiter)
  }

  /// The call has ended: those who waited for it, in the order in which they came.
  package mutating func end(_ key: ResultCache.Key) -> [Waiter] {
    flights.removeValue(forKey: key) ?? []
  }
}
