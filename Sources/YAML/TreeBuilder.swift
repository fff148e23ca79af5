import RawJSON

extension Node {
  /// The only document in `bytes`; nil if there is none (empty, or only comments).
  ///
  /// Throws for everything that `YAMLError.Reason` names. Takes time and memory
  /// in proportion to `bytes` and to `limits`, never to what aliases would expand to.
  package static func parse(
    _ bytes: [UInt8], limits: Limits = Limits()
  ) throws(YAMLError) -> Node? {
    guard bytes.count <= limits.bytes else {
      throw YAMLError(.tooLarge(limit: limits.bytes), at: .start)
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    return try EventReader.withEvents(of: content) { reader throws(YAMLError) in
      var builder = TreeBuilder(limits: limits)
      return try builder.document(from: reader)
    }
  }
}

/// Turns events into a tree and keeps count of what it costs.
private struct TreeBuilder {
  private enum Anchor {
    /// Its node is still being read.
    case open
    case complete(Node)
  }

  private let limits: Limits
  private var anchors: [String: Anchor] = [:]
  private var nodes = 0
  private var depth = 0
  private var aliases = 0

  init(limits: Limits) { self.limits = limits }

  mutating func document(from reader: borrowing EventReader) throws(YAMLError) -> Node? {
    var root: Node?
    while true {
      let (event, position) = try reader.next()
      switch event {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root
      case .documentStart:
        guard root == nil else { throw YAMLError(.severalDocuments, at: position) }
        let (first, place) = try reader.next()
        root = try node(first, at: place, from: reader)
      default: return root
      }
    }
  }

  private mutating func node(
    _ event: EventReader.Event, at position: Position, from reader: borrowing EventReader
  ) throws(YAMLError) -> Node {
    switch event {
    case .scalar(let scalar, let anchor, let tag):
      let style = try tagged(scalar.style, tag, at: position)
      try spend(1, at: position)
      let node = Node(.scalar(Scalar(text: scalar.text, style: style)), at: position)
      if let anchor { anchors[anchor] = .complete(node) }
      return node
    case .alias(let name):
      return try expanded(name, at: position)
    case .sequenceStart(let anchor, let tag):
      try check(tag, is: "seq", at: position)
      return try collection(anchor, at: position) { builder throws(YAMLError) in
        .sequence(try builder.items(from: reader))
      }
    case .mappingStart(let anchor, let tag):
      try check(tag, is: "map", at: position)
      return try collection(anchor, at: position) { builder throws(YAMLError) in
        .mapping(try builder.pairs(from: reader))
      }
    default:
      throw YAMLError(.syntax("unexpected end"), at: position)
    }
  }

  private mutating func collection(
    _ anchor: String?, at position: Position,
    _ content: (inout TreeBuilder) throws(YAMLError) -> Node.Content
  ) throws(YAMLError) -> Node {
    guard depth < limits.depth else {
      throw YAMLError(.tooDeep(limit: limits.depth), at: position)
    }
    depth += 1
    try spend(1, at: position)
    if let anchor { anchors[anchor] = .open }
    let node = Node(try content(&self), at: position)
    if let anchor { anchors[anchor] = .complete(node) }
    depth -= 1
    return node
  }

  private mutating func items(from reader: borrowing EventReader) throws(YAMLError) -> [Node] {
    var items: [Node] = []
    while true {
      let (event, position) = try reader.next()
      if case .sequenceEnd = event { return items }
      items.append(try node(event, at: position, from: reader))
    }
  }

  private mutating func pairs(from reader: borrowing EventReader) throws(YAMLError) -> [Node.Pair] {
    var pairs: [Node.Pair] = []
    var seen: [ByteKey: Position] = [:]
    while true {
      let (event, position) = try reader.next()
      if case .mappingEnd = event { return pairs }
      let key = try key(event, at: position, from: reader)
      if let first = seen.updateValue(position, forKey: ByteKey(Array(key.utf8))) {
        throw YAMLError(.duplicateKey(key, first: first), at: position)
      }
      let (valueEvent, valuePosition) = try reader.next()
      let value = try node(valueEvent, at: valuePosition, from: reader)
      pairs.append(Node.Pair(key: key, keyPosition: position, value: value))
    }
  }

  private mutating func key(
    _ event: EventReader.Event, at position: Position, from reader: borrowing EventReader
  ) throws(YAMLError) -> String {
    switch event {
    case .sequenceStart, .mappingStart: throw YAMLError(.keyIsNotScalar, at: position)
    default: break
    }
    guard let scalar = try node(event, at: position, from: reader).scalar else {
      throw YAMLError(.keyIsNotScalar, at: position)
    }
    if scalar.style == .plain, scalar.text == "<<" { throw YAMLError(.mergeKey, at: position) }
    return scalar.text
  }

  private mutating func expanded(_ name: String, at position: Position) throws(YAMLError) -> Node {
    aliases += 1
    guard aliases <= limits.aliases else {
      throw YAMLError(.tooManyAliases(limit: limits.aliases), at: position)
    }
    switch anchors[name] {
    case nil: throw YAMLError(.unknownAnchor(name), at: position)
    case .open: throw YAMLError(.recursiveAlias(name), at: position)
    case .complete(let node):
      try spend(node.count, at: position)
      return node
    }
  }

  private mutating func spend(_ count: Int, at position: Position) throws(YAMLError) {
    nodes += count
    guard nodes <= limits.nodes else {
      throw YAMLError(.tooManyNodes(limit: limits.nodes), at: position)
    }
  }

  /// A tag may only confirm what the node is anyway; `!!str` makes a plain scalar text.
  private func tagged(
    _ style: Scalar.Style, _ tag: String?, at position: Position
  ) throws(YAMLError) -> Scalar.Style {
    guard let tag else { return style }
    if tag == "!" || tag == "tag:yaml.org,2002:str" {
      return style == .plain ? .doubleQuoted : style
    }
    throw YAMLError(.tag(tag), at: position)
  }

  private func check(_ tag: String?, is kind: String, at position: Position) throws(YAMLError) {
    guard let tag, tag != "!", tag != "tag:yaml.org,2002:" + kind else { return }
    throw YAMLError(.tag(tag), at: position)
  }
}
