import RawJSON

/// Bytes in memory that later ones are copied to if they fit: to make an array for each and to let
/// go of it takes five times as long as the copy.
///
/// Holds no more than twice what it was asked to, and nothing above 4 KiB once it is cleared.
package struct RefilledBytes: Hashable, Sendable {
  /// Bytes up to which the memory is used again.
  private static let longestReused = 4 << 10

  private var memory: [UInt8] = []
  package private(set) var count = 0

  package init() {}

  package init(_ bytes: RawSpan) { fill(with: bytes) }

  package var isEmpty: Bool { count == 0 }

  /// Bytes of memory that it takes.
  package var capacity: Int { memory.count }

  package mutating func fill(with bytes: RawSpan) {
    let size = bytes.byteCount
    unsafe bytes.withUnsafeBytes { source in
      if memory.count >= size, memory.count <= size &* 2 {
        unsafe memory.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
      } else {
        memory = unsafe [UInt8](source)
      }
    }
    count = size
  }

  package mutating func clear() {
    count = 0
    if memory.count > Self.longestReused { memory = [] }
  }

  /// Lets go of the memory too.
  package mutating func free() { self = RefilledBytes() }

  package func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try unsafe memory.withUnsafeBytes { memory in
      try unsafe body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }
  }

  /// A copy.
  package var array: [UInt8] { Array(memory[..<count]) }

  package func holds(_ bytes: RawSpan) -> Bool {
    unsafe ByteKey.haveEqualBytes(memory.span.bytes.extracting(0..<count), bytes)
  }

  package static func == (left: RefilledBytes, right: RefilledBytes) -> Bool {
    unsafe left.holds(right.memory.span.bytes.extracting(0..<right.count))
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(array) }
}
