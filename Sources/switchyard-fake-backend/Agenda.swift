import Glibc

/// Lines that are due later, in the order in which they are due.
struct Agenda {
  struct Entry {
    var due: Int64
    /// The id of the request, as the client wrote it: what a cancel names.
    var id: [UInt8]
    var line: [UInt8]
    var isAnswer: Bool
  }

  private var entries: [Entry] = []
  private var first = 0

  var isEmpty: Bool { first == entries.count }

  /// Nanoseconds of the monotonic clock.
  static var now: Int64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  mutating func add(_ entry: Entry) {
    var place = entries.count
    while place > first, entries[place - 1].due > entry.due { place -= 1 }
    entries.insert(entry, at: place)
  }

  /// The next entry whose time has come.
  mutating func take(at now: Int64) -> Entry? {
    guard first < entries.count, entries[first].due <= now else { return nil }
    let entry = entries[first]
    first += 1
    if first == entries.count {
      entries.removeAll(keepingCapacity: true)
      first = 0
    }
    return entry
  }

  /// Forgets everything that belongs to a request; says whether it waited for an answer.
  mutating func cancel(_ id: [UInt8]) -> Bool {
    let waiting = entries[first...].contains { $0.id == id && $0.isAnswer }
    entries.removeSubrange(..<first)
    first = 0
    entries.removeAll { $0.id == id }
    return waiting
  }

  /// Milliseconds until something is due, rounded up; -1 when nothing is.
  var wait: Int32 {
    guard first < entries.count else { return -1 }
    let left = entries[first].due - Self.now
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
  }
}
