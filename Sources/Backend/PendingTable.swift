/// The requests that one backend incarnation has not answered yet.
///
/// Ids are a counter from a random start, so that an id of another incarnation
/// or another backend is recognised as foreign (reliability 2.1, row B22). An id
/// that was given up (cancelled, timed out) is remembered for a while: its late
/// reply is expected and no sign of ill health.
package struct PendingTable<Entry> {
  /// How a reply that matches nothing is judged.
  package enum Stray: Hashable, Sendable {
    /// Answers a request that was given up; at most once each.
    case late
    /// Answers nothing that was ever asked here, or answers it again.
    case foreign
  }

  /// How many given-up ids are remembered; the oldest is forgotten first.
  package static var rememberedIDs: Int { 1024 }

  private var entries: [UInt64: Entry] = [:]
  private var next: UInt64
  private var abandoned: Set<UInt64> = []
  private var abandonedInOrder: [UInt64] = []
  private var oldestAbandoned = 0

  package init(firstID: UInt32) { next = UInt64(firstID) }

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  /// The id that `open` will give next.
  package var nextID: UInt64 { next }

  /// Files `entry` under a fresh id.
  @discardableResult
  package mutating func open(_ entry: Entry) -> UInt64 {
    let id = next
    next &+= 1
    entries[id] = entry
    return id
  }

  /// Removes and returns the entry that `id` answers.
  package mutating func take(_ id: UInt64) -> Entry? { entries.removeValue(forKey: id) }

  /// The entry of `id`, left in place: progress does not end a request.
  package func entry(_ id: UInt64) -> Entry? { entries[id] }

  /// Every entry, in the order in which they were opened.
  package var all: [Entry] { entries.sorted { $0.key < $1.key }.map(\.value) }

  /// The ids of the entries that match, in the order in which they were opened.
  package func ids(where matches: (Entry) -> Bool) -> [UInt64] {
    entries.filter { matches($0.value) }.keys.sorted()
  }

  /// Removes an entry whose reply is no longer wanted but may still come.
  package mutating func abandon(_ id: UInt64) -> Entry? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    abandoned.insert(id)
    abandonedInOrder.append(id)
    if abandonedInOrder.count - oldestAbandoned > Self.rememberedIDs {
      abandoned.remove(abandonedInOrder[oldestAbandoned])
      oldestAbandoned += 1
      if oldestAbandoned > Self.rememberedIDs {
        abandonedInOrder.removeFirst(oldestAbandoned)
        oldestAbandoned = 0
      }
    }
    return entry
  }

  /// Judges a reply for which `take` found nothing.
  package mutating func judgeStray(_ id: UInt64?) -> Stray {
    guard let id, abandoned.remove(id) != nil else { return .foreign }
    return .late
  }

  /// Takes out all entries that match, in the order in which they were opened.
  package mutating func takeAll(where matches: (Entry) -> Bool = { _ in true }) -> [Entry] {
    let taken = entries.filter { matches($0.value) }.sorted { $0.key < $1.key }
    for (id, _) in taken { entries.removeValue(forKey: id) }
    return taken.map(\.value)
  }
}
