/// Why no more input comes.
package enum EndOfInput: Hashable, Sendable {
  case endOfFile
  /// The errno of the read that failed.
  case failed(Int32)
}

/// Where a reader puts what it reads: into memory of the sink, without a copy.
@EventLoop
package protocol ByteSink: AnyObject {
  /// Room for at least `count` bytes. Valid until the next call of the sink.
  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer

  /// `count` bytes were put at the start of the tail. May pause or close the reader.
  func received(_ count: Int)

  /// Nothing comes any more. Called once; the reader has closed itself.
  func ended(_ reason: EndOfInput)
}
