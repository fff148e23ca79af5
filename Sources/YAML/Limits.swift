/// How large a document may be (reliability section 2.4).
package struct Limits: Sendable {
  /// Bytes of the file.
  package var bytes = 1 << 20
  /// Nodes after aliases are expanded; a key counts as one.
  package var nodes = 50_000
  /// Sequences and mappings inside each other.
  package var depth = 64
  /// Uses of anchors.
  package var aliases = 100

  package init() {}
}
