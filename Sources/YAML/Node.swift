/// A place in a file, counted from 1; columns count Unicode scalars.
package struct Position: Hashable, Sendable {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The first character of a file.
  package static let start = Position(line: 1, column: 1)
}

/// A scalar as it was written, without a type.
package struct Scalar: Sendable {
  /// How the scalar was written. Only plain scalars may be null, numbers or booleans.
  package enum Style: Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }

  package let text: String
  package let style: Style

  package init(text: String, style: Style) {
    self.text = text
    self.style = style
  }

  /// Whether it is one of the spellings of null (YAML 1.2 core schema, 10.3.2), unquoted.
  package var isNull: Bool {
    guard style == .plain else { return false }
    switch text {
    case "", "~", "null", "Null", "NULL": return true
    default: return false
    }
  }
}

/// One node of a YAML document.
package struct Node: Sendable {
  package enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    /// In the order of the file; keys are unique.
    case mapping([Pair])
  }

  /// A key of a mapping and what it holds.
  package struct Pair: Sendable {
    package let key: String
    package let keyPosition: Position
    package let value: Node
  }

  package let content: Content
  /// Where the node begins. A node reached by an alias stands where its anchor does.
  package let position: Position
  /// This node and everything below it, aliases expanded.
  package let count: Int

  package init(_ content: Content, at position: Position) {
    self.content = content
    self.position = position
    switch content {
    case .scalar: count = 1
    case .sequence(let items): count = items.reduce(1) { $0 + $1.count }
    case .mapping(let pairs): count = pairs.reduce(1) { $0 + 1 + $1.value.count }
    }
  }

  /// The scalar, or nil for a sequence or mapping.
  package var scalar: Scalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The items, or nil if this is not a sequence.
  package var items: [Node]? {
    if case .sequence(let items) = content { items } else { nil }
  }

  /// The pairs, or nil if this is not a mapping.
  package var pairs: [Pair]? {
    if case .mapping(let pairs) = content { pairs } else { nil }
  }

  /// The value under `key` of a mapping, compared as UTF-8 bytes.
  package subscript(key: String) -> Node? {
    pairs?.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// Whether the node is an unquoted null.
  package var isNull: Bool { scalar?.isNull ?? false }

  /// What a reader would call this node: `text`, `a list`, `a mapping`, `nothing`.
  package var kindName: String {
    switch content {
    case .scalar(let scalar): scalar.isNull ? "nothing" : "text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
