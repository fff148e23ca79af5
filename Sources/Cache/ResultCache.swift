/// Cache: results of calls that change nothing, kept for as long as the operator said.
///
/// Values are bytes under a key of bytes, so that nothing is compared by anything less than all of
/// it. The least recently used goes first when there are too many entries or bytes. A value is good
/// for its time; where the operator allows it, it is kept for some time more, for when the service
/// fails. Every entry belongs to an owner and carries a label, by which a write takes away what it
/// makes untrue.
///
/// A value without a clock. Refuses entries that alone are larger than a part of the room. A look
/// costs one hash of the key and no copy of the value.
package import RawJSON
package import Resilience

package struct ResultCache: Sendable {
  package struct Limits: Hashable, Sendable {
    /// Entries at most; 0 switches the cache off.
    package var entries: Int
    /// Bytes of all keys and values, with what keeping them costs.
    package var bytes: Int
    /// Bytes of one key and value.
    package var entryBytes: Int

    package init(entries: Int = 10_000, bytes: Int = 64 << 20, entryBytes: Int = 4 << 20) {
      self.entries = entries
      self.bytes = bytes
      self.entryBytes = entryBytes
    }
  }

  package typealias Key = ByteKey

  /// What is kept under a key.
  package struct Value: Sendable {
    package var bytes: [UInt8]
    /// What a write names to have it taken away: the service, and what was called.
    package var owner: Int
    package var label: [UInt8]
    /// Good before then.
    package var expires: Instant
    /// Usable before then where the service fails; not later than `expires` if it is not.
    package var usableUntil: Instant

    package init(
      bytes: [UInt8], owner: Int, label: [UInt8], expires: Instant, usableUntil: Instant
    ) {
      self.bytes = bytes
      self.owner = owner
      self.label = label
      self.expires = expires
      self.usableUntil = usableUntil
    }
  }

  private struct Slot: Sendable {
    var key: Key
    var value: Value
    /// The one used before this one, and the one used after it; -1 at the ends.
    var older: Int
    var newer: Int
  }

  /// What an entry costs beyond its bytes.
  static let overhead = 200

  private let limits: Limits
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var places: [Key: Int] = [:]
  private var oldest = -1
  private var newest = -1
  package private(set) var byteCount = 0

  package init(_ limits: Limits = Limits()) { self.limits = limits }

  package var count: Int { places.count }

  /// What is good at `now`; counts as use.
  package mutating func value(_ key: Key, at now: Instant) -> [UInt8]? {
    guard let index = places[key] else { return nil }
    guard now < slots[index].value.expires else {
      if now >= slots[index].value.usableUntil { remove(index) }
      return nil
    }
    touch(index)
    return slots[index].value.bytes
  }

  /// What may stand in at `now` because the service failed.
  package func staleValue(_ key: Key, at now: Instant) -> [UInt8]? {
    guard let index = places[key], now < slots[index].value.usableUntil else { return nil }
    return slots[index].value.bytes
  }

  /// Keeps a value in place of an earlier one, and lets go of others until there is room.
  package mutating func store(_ value: Value, under key: Key) {
    if let index = places[key] { remove(index) }
    let cost = Self.cost(key, value)
    guard limits.entries > 0, cost <= min(limits.entryBytes, limits.bytes) else { return }
    while places.count >= limits.entries || byteCount + cost > limits.bytes, oldest >= 0 {
      remove(oldest)
    }
    let slot = Slot(key: key, value: value, older: newest, newer: -1)
    let index: Int
    if let reused = free.popLast() {
      index = reused
      slots[index] = slot
    } else {
      index = slots.count
      slots.append(slot)
    }
    if newest >= 0 { slots[newest].newer = index } else { oldest = index }
    newest = index
    places[key] = index
    byteCount += cost
  }

  /// Takes away what belongs to `owner` and has a label for which `condition` holds.
  package mutating func removeAll(of owner: Int, where condition: ([UInt8]) -> Bool) {
    for index in places.values
    where slots[index].value.owner == owner && condition(slots[index].value.label) {
      remove(index)
    }
  }

  package mutating func removeAll() {
    slots = []
    free = []
    places = [:]
    (oldest, newest, byteCount) = (-1, -1, 0)
  }

  private static func cost(_ key: Key, _ value: Value) -> Int {
    key.bytes.count + value.bytes.count + value.label.count + overhead
  }

  private mutating func touch(_ index: Int) {
    guard newest != index else { return }
    unlink(index)
    slots[index].older = newest
    slots[index].newer = -1
    if newest >= 0 { slots[newest].newer = index } else { oldest = index }
    newest = index
  }

  private mutating func unlink(_ index: Int) {
    let (older, newer) = (slots[index].older, slots[index].newer)
    if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    if newer >= 0 { slots[newer].older = older } else { newest = older }
  }

  private mutating func remove(_ index: Int) {
    unlink(index)
    let slot = slots[index]
    byteCount -= Self.cost(slot.key, slot.value)
    places.removeValue(forKey: slot.key)
    slots[index].key = Key([])
    slots[index].value.bytes = []
    slots[index].value.label = []
    free.append(index)
  }
}
