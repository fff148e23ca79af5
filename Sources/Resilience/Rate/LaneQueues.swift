/// Who waits in a lane: one queue for each priority and set of limits, so that a look at the first
/// of each tells who can go.
package struct LaneQueues: Sendable {
  package struct Place: Hashable, Sendable {
    var priority: RateLane.Priority
    var limits: [Int]
  }

  private struct Entry: Sendable {
    var ticket: RateLane.Ticket
    var demand: RateLane.Demand
  }

  private struct Queue: Sendable {
    var place: Place
    var entries: [Entry] = []
    /// Entries in front of it were taken.
    var head = 0
    var cost = 0

    var first: Entry? { head < entries.count ? entries[head] : nil }
  }

  /// A lane knows few sets of limits, so these are few.
  private var queues: [Queue] = []
  /// What each priority has used of its share; the one that has used least is next.
  private var passes = [Int](repeating: 0, count: RateLane.Priority.allCases.count)
  package private(set) var count = 0

  package init() {}

  /// How much one admission of cost 1 counts against the share of a priority.
  private static let strides = [1, 2, 4]

  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ ticket: RateLane.Ticket, _ demand: RateLane.Demand) {
    let place = Place(priority: demand.priority, limits: demand.limits)
    let index = queues.firstIndex { $0.place == place } ?? queues.count
    if index == queues.count { queues.append(Queue(place: place)) }
    if !isWaiting(demand.priority) { catchUp(demand.priority) }
    // Almost always the end; a retry goes back to where its ticket was.
    var position = queues[index].entries.count
    while position > queues[index].head && queues[index].entries[position - 1].ticket > ticket {
      position -= 1
    }
    queues[index].entries.insert(Entry(ticket: ticket, demand: demand), at: position)
    queues[index].cost += demand.cost
    count += 1
  }

  /// Queues in which somebody waits, in the order in which they may go: by the share their
  /// priority has used, then by age.
  package func placesInTurn() -> [Place] {
    queues.compactMap { queue in queue.first.map { (queue.place, $0.ticket) } }
      .sorted { left, right in
        let (a, b) = (passes[left.0.priority.rawValue], passes[right.0.priority.rawValue])
        if a != b { return a < b }
        if left.0.priority != right.0.priority {
          return left.0.priority.rawValue < right.0.priority.rawValue
        }
        return left.1 < right.1
      }
      .map { $0.0 }
  }

  func first(at place: Place) -> (RateLane.Ticket, RateLane.Demand)? {
    queues.first { $0.place == place }?.first.map { ($0.ticket, $0.demand) }
  }

  package mutating func takeFirst(at place: Place) -> (RateLane.Ticket, RateLane.Demand)? {
    guard let index = queues.firstIndex(where: { $0.place == place }),
      let entry = queues[index].first
    else { return nil }
    queues[index].head += 1
    queues[index].cost -= entry.demand.cost
    count -= 1
    charge(entry.demand)
    if queues[index].head > 64 && queues[index].head * 2 > queues[index].entries.count {
      queues[index].entries.removeFirst(queues[index].head)
      queues[index].head = 0
    }
    return (entry.ticket, entry.demand)
  }

  /// Counts an admission against the share of its priority.
  private mutating func charge(_ demand: RateLane.Demand) {
    passes[demand.priority.rawValue] += demand.cost * Self.strides[demand.priority.rawValue]
  }

  /// The cost of what waits for a limit and is not of a lower priority.
  func cost(ahead demand: RateLane.Demand, limit: Int) -> Int {
    queues.reduce(0) { sum, queue in
      queue.place.priority.rawValue <= demand.priority.rawValue
        && queue.place.limits.contains(limit) ? sum + queue.cost : sum
    }
  }

  package mutating func remove(_ ticket: RateLane.Ticket) { _ = take { $0.ticket == ticket } }

  /// Takes those whose demand fulfils the condition, in the order of their tickets.
  mutating func removeAll(_ condition: (RateLane.Demand) -> Bool) -> [RateLane.Ticket] {
    take { condition($0.demand) }
  }

  private mutating func take(_ condition: (Entry) -> Bool) -> [RateLane.Ticket] {
    var removed: [RateLane.Ticket] = []
    for index in queues.indices {
      let waiting = queues[index].entries[queues[index].head...]
      let gone = waiting.filter(condition)
      guard !gone.isEmpty else { continue }
      queues[index].entries = waiting.filter { !condition($0) }
      queues[index].head = 0
      queues[index].cost -= gone.reduce(0) { $0 + $1.demand.cost }
      removed += gone.map(\.ticket)
    }
    count -= removed.count
    return removed.sorted()
  }

  private func isWaiting(_ priority: RateLane.Priority) -> Bool {
    queues.contains { $0.place.priority == priority && $0.first != nil }
  }

  /// A priority that did not wait has saved nothing up.
  private mutating func catchUp(_ priority: RateLane.Priority) {
    let others = RateLane.Priority.allCases.filter { $0 != priority && isWaiting($0) }
    guard let least = others.map({ passes[$0.rawValue] }).min() else {
      passes = passes.map { _ in 0 }
      return
    }
    passes[priority.rawValue] = max(passes[priority.rawValue], least)
  }
}
