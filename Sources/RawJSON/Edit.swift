/// One change of a text: the bytes of a range give way to others.
package struct Edit: Hashable, Sendable {
  /// What goes; an empty range means that nothing goes, and the replacement is inserted there.
  package var range: ByteRange
  /// What comes instead.
  package var replacement: [UInt8]

  package init(range: ByteRange, replacement: [UInt8]) {
    self.range = range
    self.replacement = replacement
  }
}
