/// Cache: results of calls that change nothing, kept for as long as the operator said.
///
/// Values are bytes under a key of bytes, so that nothing is compared by anything less than all of
/// it. The least recently used goes first when there are too many entries or bytes. A value is good
/// for its time; where the operator allows it, it is kept for some time more, for when the service
/// fails. Every entry belongs to an owner and carries a label, by which a write takes away what it
/// makes untrue.
///
/// Whoever looks first for what is not there begins a flight: it has a place where the value will
/// be, and those who look for the same meanwhile are told so.
///
/// A value without a clock. Refuses entries that alone are larger than a part of the room. A look
/// costs one hash of the key and no copy of the value; what follows a flight costs none.
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

  /// For whom a value is kept, and how long.
  package struct Terms: Sendable {
    /// What a write names to have it taken away: the service, and what was called.
    package var owner: Int
    package var label: [UInt8]
    /// Good before then.
    package var expires: Instant
    /// Usable before then where the service fails; not later than `expires` if it is not.
    package var usableUntil: Instant

    package init(owner: Int, label: [UInt8], expires: Instant, usableUntil: Instant) {
      self.owner = owner
      self.label = label
      self.expires = expires
      self.usableUntil = usableUntil
    }
  }

  /// Where the value of a flight goes. Good until the flight ends, once.
  package struct Place: Hashable, Sendable {
    package let index: Int
  }

  /// What a look-up finds.
  package enum Finding: Equatable {
    case value(RefilledBytes)
    /// Another one has begun to ask for it.
    case underWay(Place)
    /// The one who looked has begun a flight, and must end it with `land` or `giveUp`.
    case begun(Place)
  }

  private struct Slot: Sendable {
    var digest: UInt64
    var key: RefilledBytes
    var value = RefilledBytes()
    var terms = Terms.none
    /// The one used before this one, and the one used after it; -1 at the ends.
    var older = -1
    var newer = -1
    /// Without one, it stands here for a flight.
    var hasValue = false
    var isUnderWay: Bool

    // Whole changes, because each access of a slot in the list is checked anew.

    /// - Parameter limit: bytes that it may take; without spare memory it does.
    mutating func hold(_ value: RawSpan, _ terms: consuming Terms, within limit: Int) {
      self.value.fill(with: value)
      self.terms = terms
      hasValue = true
      newer = -1
      if cost > limit { self.value = RefilledBytes(value) }
    }

    mutating func drop() {
      value.clear()
      terms.label = []
      hasValue = false
    }

    /// After it was dropped.
    mutating func take(_ key: RawSpan, _ digest: UInt64, isUnderWay: Bool) {
      self.digest = digest
      self.key.fill(with: key)
      self.isUnderWay = isUnderWay
    }

    /// - Parameter keepsMemory: the next one that comes is held in the memory of this one.
    mutating func vacate(keepsMemory: Bool) {
      key.clear()
      guard !keepsMemory else { return }
      key.free()
      value.free()
    }

    /// What it takes.
    var cost: Int { key.capacity &+ value.capacity &+ terms.label.count &+ ResultCache.overhead }
  }

  /// Places without a value that keep their memory for those that come next.
  private static let warmPlaces = 8
  /// What an entry costs beyond its bytes.
  static let overhead = 200

  private let limits: Limits
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var places = PlaceTable()
  private var oldest = -1
  private var newest = -1
  package private(set) var byteCount = 0

  package init(_ limits: Limits = Limits()) { self.limits = limits }

  /// Values that are kept.
  package private(set) var count = 0

  /// What is good at `now`; counts as use.
  package mutating func value(_ key: Key, at now: Instant) -> RefilledBytes? {
    guard let index = find(key), isGood(index, at: now) else { return nil }
    touch(index)
    return slots[index].value
  }

  /// What is good at `now`; else whether it is under way, which it is from now on.
  ///
  /// - Parameter digest: of the key, by `ByteKey`.
  package mutating func look(for key: RawSpan, _ digest: UInt64, at now: Instant) -> Finding {
    guard let index = find(key, digest) else {
      return .begun(Place(index: occupy(key, digest, isUnderWay: true)))
    }
    if isGood(index, at: now, isAwaited: true) {
      touch(index)
      return .value(slots[index].value)
    }
    if slots[index].isUnderWay { return .underWay(Place(index: index)) }
    slots[index].isUnderWay = true
    return .begun(Place(index: index))
  }

  /// The flight has brought this value.
  package mutating func land(_ value: RawSpan, _ terms: consuming Terms, at place: Place) {
    guard endFlight(place) else { return }
    set(value, terms, at: place.index)
  }

  /// The flight has brought nothing that can be kept.
  package mutating func giveUp(_ place: Place) {
    if endFlight(place), !slots[place.index].hasValue { vacate(place.index) }
  }

  /// What may stand in at `now` because the service failed.
  package func staleValue(_ key: Key, at now: Instant) -> RefilledBytes? {
    guard let index = find(key), slots[index].hasValue, now < slots[index].terms.usableUntil
    else { return nil }
    return slots[index].value
  }

  /// Keeps a value in place of an earlier one, and lets go of others until there is room.
  package mutating func store(_ value: RawSpan, _ terms: consuming Terms, under key: Key) {
    let place = find(key) ?? (unsafe occupy(key.bytes.span.bytes, key.digest, isUnderWay: false))
    set(value, terms, at: place)
  }

  /// Takes away what belongs to `owner` and has a label for which `condition` holds.
  package mutating func removeAll(of owner: Int, where condition: ([UInt8]) -> Bool) {
    for index in places.places
    where slots[index].terms.owner == owner && slots[index].hasValue
      && condition(slots[index].terms.label)
    {
      remove(index)
    }
  }

  package mutating func removeAll() { while oldest >= 0 { remove(oldest) } }

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

  private func find(_ key: Key) -> Int? { unsafe find(key.bytes.span.bytes, key.digest) }

  private func find(_ key: RawSpan, _ digest: UInt64) -> Int? {
    var index = places.home(of: digest)
    while let place = places.candidate(digest, from: &index) {
      if slots[place].digest == digest, slots[place].key.holds(key) { return place }
    }
    return nil
  }

  /// A place for a key that has none.
  private mutating func occupy(_ key: RawSpan, _ digest: UInt64, isUnderWay: Bool) -> Int {
    let index: Int
    if let vacant = free.popLast() {
      index = vacant
      slots[index].take(key, digest, isUnderWay: isUnderWay)
    } else {
      index = slots.count
      slots.append(Slot(digest: digest, key: RefilledBytes(key), isUnderWay: isUnderWay))
    }
    places.insert(digest, at: index)
    return index
  }

  /// The value and its key go, and whoever waits for a place gets it.
  private mutating func vacate(_ index: Int) {
    places.remove(slots[index].digest, at: index)
    slots[index].vacate(keepsMemory: free.count < Self.warmPlaces)
    free.append(index)
  }

  private mutating func isGood(_ index: Int, at now: Instant, isAwaited: Bool = false) -> Bool {
    guard slots[index].hasValue else { return false }
    if now < slots[index].terms.expires { return true }
    if now >= slots[index].terms.usableUntil { remove(index, isAwaited: isAwaited) }
    return false
  }

  /// False where there is none, which is a mistake of the caller and costs nothing.
  private mutating func endFlight(_ place: Place) -> Bool {
    guard slots.indices.contains(place.index), slots[place.index].isUnderWay else { return false }
    slots[place.index].isUnderWay = false
    return true
  }

  private mutating func set(_ value: RawSpan, _ terms: consuming Terms, at index: Int) {
    if slots[index].hasValue { remove(index, isAwaited: true) }
    let size = slots[index].key.capacity + value.byteCount + terms.label.count + Self.overhead
    guard limits.entries > 0, size <= min(limits.entryBytes, limits.bytes) else {
      if !slots[index].isUnderWay { vacate(index) }
      return
    }
    slots[index].hold(value, terms, within: limits.bytes)
    let cost = slots[index].cost
    while count >= limits.entries || byteCount + cost > limits.bytes, oldest >= 0 {
      remove(oldest)
    }
    slots[index].older = newest
    if newest >= 0 { slots[newest].newer = index } else { oldest = index }
    newest = index
    count += 1
    byteCount += cost
  }

  /// - Parameter isAwaited: another value comes in its place.
  private mutating func remove(_ index: Int, isAwaited: Bool = false) {
    unlink(index)
    byteCount -= slots[index].cost
    count -= 1
    slots[index].drop()
    if !isAwaited, !slots[index].isUnderWay { vacate(index) }
  }
}

extension ResultCache.Terms {
  fileprivate static let none = ResultCache.Terms(
    owner: 0, label: [], expires: .zero, usableUntil: .zero)
}
