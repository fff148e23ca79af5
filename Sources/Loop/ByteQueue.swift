import Glibc

/// Bytes waiting to be written: appended at the tail, taken from the head.
///
/// Owns its memory; must be released with `free()` by its one owner. Memory
/// beyond 256 KiB is given back when the queue runs empty.
struct ByteQueue {
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  private var head = 0
  private(set) var count = 0

  private static let firstCapacity = 4096
  private static let keptCapacity = 256 << 10

  var isEmpty: Bool { count == 0 }

  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base.map { UnsafeRawPointer($0 + head) }, count: count)
  }

  mutating func append(_ source: UnsafeRawPointer, _ length: Int) {
    guard length > 0 else { return }
    tail(length).copyMemory(from: source, byteCount: length)
    count += length
  }

  mutating func append(_ byte: UInt8) {
    tail(1).storeBytes(of: byte, as: UInt8.self)
    count += 1
  }

  /// Appends what `fill` writes into the room it is given, and `last` behind it.
  @inline(__always)
  mutating func append(
    atMost length: Int, endingWith last: UInt8, _ fill: (UnsafeMutableRawBufferPointer) -> Int
  ) {
    let room = tail(length + 1)
    let filled = min(
      max(0, fill(UnsafeMutableRawBufferPointer(start: room, count: length))), length)
    (room + filled).storeBytes(of: last, as: UInt8.self)
    count += filled + 1
  }

  mutating func consume(_ length: Int) {
    head += length
    count -= length
    guard count <= 0 else { return }
    head = 0
    count = 0
    if capacity > Self.keptCapacity { free() }
  }

  mutating func free() {
    base?.deallocate()
    self = ByteQueue()
  }

  /// Room for `length` more bytes behind the last.
  private mutating func tail(_ length: Int) -> UnsafeMutableRawPointer {
    if let base, head + count + length <= capacity { return base + head + count }
    return makeRoom(length)
  }

  private mutating func makeRoom(_ length: Int) -> UnsafeMutableRawPointer {
    // Moving to the front is enough when that frees at least half.
    if let base, count + length <= capacity / 2 {
      base.copyMemory(from: base + head, byteCount: count)
      head = 0
      return base + count
    }
    let grown = max(Self.firstCapacity, capacity * 2, count + length)
    // A large block is moved by the kernel without a copy, so that growing takes no second one.
    if head == 0, let base, let memory = realloc(base, grown) {
      (self.base, capacity) = (memory, grown)
      return memory + count
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    if let base {
      memory.copyMemory(from: base + head, byteCount: count)
      base.deallocate()
    }
    (base, capacity, head) = (memory, grown, 0)
    return memory + count
  }
}
