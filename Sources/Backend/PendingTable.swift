/// The requests that one backend incarnation has not answered yet.
///
/// Ids are a counter, so an entry lies at its id modulo the size of the table; one that is still
/// there when its place is needed again, because it waits much longer than its neighbours, moves
/// into a dictionary. Hashing each id took a tenth of the relay's time.
///
/// The counter has a random start, so that an id of another incarnation
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

  private struct Slot {
    var id: UInt64
    var entry: Entry
  }

  /// A power of two; requests in flight above it lie in `outlasting`.
  private static var slotCount: Int { 256 }

  private var slots: [Slot?] = []
  private var outlasting: [UInt64: Entry] = [:]
  package private(set) var count = 0
  private var next: UInt64
  private var abandoned: Set<UInt64> = []
  private var abandonedInOrder: [UInt64] = []
  private var oldestAbandoned = 0

  package init(firstID: UInt32) { next = UInt64(firstID) }

  package var isEmpty: Bool { count == 0 }

  /// The id that `open` will give next.
  package var nextID: UInt64 { next }

  /// Files `entry` under a fresh id.
  @discardableResult
  package mutating func open(_ entry: Entry) -> UInt64 {
    let id = next
    next &+= 1
    count += 1
    if slots.isEmpty { slots = Array(repeating: nil, count: Self.slotCount) }
    let index = Self.index(of: id)
    if let older = slots[index] { outlasting[older.id] = older.entry }
    slots[index] = Slot(id: id, entry: entry)
    return id
  }

  private static func index(of id: UInt64) -> Int {
    Int(truncatingIfNeeded: id) & (slotCount - 1)
  }

  /// Removes and returns the entry that `id` answers.
  package mutating func take(_ id: UInt64) -> Entry? {
    let index = Self.index(of: id)
    if index < slots.count, slots[index]?.id == id, let slot = slots[index].take() {
      count -= 1
      return slot.entry
    }
    guard !outlasting.isEmpty, let entry = outlasting.removeValue(forKey: id) else { return nil }
    count -= 1
    return entry
  }

  /// The entry of `id`, left in place: progress does not end a request.
  package func entry(_ id: UInt64) -> Entry? {
    let index = Self.index(of: id)
    if index < slots.count, let slot = slots[index], slot.id == id { return slot.entry }
    return outlasting.isEmpty ? nil : outlasting[id]
  }

  /// Every entry, in the order in which they were opened.
  package var all: [Entry] { ordered.map(\.entry) }

  private var ordered: [Slot] {
    let old = outlasting.map { Slot(id: $0.key, entry: $0.value) }
    return (slots.compactMap { $0 } + old).sorted { $0.id < $1.id }
  }

  /// The ids of the entries that match, in the order in which they were opened.
  package func ids(where matches: (Entry) -> Bool) -> [UInt64] {
    ordered.filter { matches($0.entry) }.map(\.id)
  }

  /// Removes an entry whose reply is no longer wanted but may still come.
  package mutating func abandon(_ id: UInt64) -> Entry? {
    guard let entry = take(id) else { return nil }
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

  /// Takes out all entries that match, in the order in which they were opened. Their replies are not
  /// wanted any more and may still come: a process that is stopped often answers first.
  package mutating func takeAll(where matches: (Entry) -> Bool = { _ in true }) -> [Entry] {
    ordered.filter { matches($0.entry) }.compactMap { abandon($0.id) }
  }
}
