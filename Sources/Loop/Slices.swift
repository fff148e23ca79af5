import Glibc

/// The pieces of one line, without its newline, in order. Borrows: the memory
/// must stay valid until the `write` they are passed to has returned.
package struct Slices {
  /// Enough for a line with eight replacements; more are kept, at the price of an array.
  static let inlineCapacity = 20

  private var first = InlineArray<20, iovec>(repeating: iovec())
  private var inlineCount = 0
  private var rest: [iovec] = []

  /// Bytes in all pieces.
  package private(set) var byteCount = 0

  package init() {}

  package init(_ piece: UnsafeRawBufferPointer) { append(piece) }

  package mutating func append(_ piece: UnsafeRawBufferPointer) {
    guard let base = piece.baseAddress, piece.count > 0 else { return }
    byteCount += piece.count
    let vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: base), iov_len: piece.count)
    if inlineCount < Self.inlineCapacity {
      first[inlineCount] = vector
      inlineCount += 1
    } else {
      rest.append(vector)
    }
  }

  var count: Int { inlineCount + rest.count }

  subscript(index: Int) -> iovec {
    index < inlineCount ? first[index] : rest[index - inlineCount]
  }
}
