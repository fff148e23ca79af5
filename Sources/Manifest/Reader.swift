import YAML

/// Reads one file's tree by tables of fields and collects every mistake.
struct Reader {
  let file: String
  /// Where templates get their values.
  let variables: Variables
  private(set) var diagnostics: [Diagnostic] = []
  /// The longest that a call may take, `deadlines.absolute` of `gateway.yaml`.
  var longestCall = GatewayConfiguration.longest
  /// Arguments of the process, kept until the command is known too.
  var arguments: [ArgumentList.Item] = []
  /// The keys from the top to the mapping or value that is being read.
  private var path: [String] = []

  init(file: String, variables: Variables) {
    self.file = file
    self.variables = variables
  }

  /// Adds a mistake at `position`; nothing else happens.
  mutating func report(
    _ message: String, at position: Position?, cause: Diagnostic.Cause = .mistake
  ) {
    var diagnostic = Diagnostic(message, in: file, at: position)
    diagnostic.cause = cause
    diagnostics.append(diagnostic)
  }

  /// The name of what is being read, such as 'process.limits.memory'.
  var subject: String { quoted(path.joined(separator: "."), limit: 200) }

  /// Reads a mapping. Keys that are wrong leave their default in `target`.
  mutating func read<Target>(_ node: Node, into target: inout Target, by fields: [Field<Target>]) {
    guard let pairs = node.pairs else {
      let what = path.isEmpty ? "the file" : subject
      let known = Self.list(fields.filter { !$0.isReserved }.map(\.key))
      return report("\(what) must be a mapping with keys such as \(known)", at: node.position)
    }
    var missing = fields.filter(\.isRequired).map(\.key)
    for pair in pairs {
      guard let field = fields.first(where: { $0.key.utf8.elementsEqual(pair.key.utf8) }) else {
        reportUnknown(pair, among: fields.filter { !$0.isReserved }.map(\.key))
        continue
      }
      // An empty value is the same as leaving the key out.
      if pair.value.isNull, !field.isReserved { continue }
      missing.removeAll { $0 == field.key }
      within(field.key) { $0.readField(field, pair.value, into: &target) }
    }
    for key in missing {
      report("\(quoted(key)) is missing\(place)", at: node.position)
    }
  }

  private mutating func readField<Target>(
    _ field: Field<Target>, _ node: Node, into target: inout Target
  ) {
    field.read(node, &target, &self)
  }

  /// Runs `body` one level down, so that messages name the place.
  mutating func within(_ key: String, _ body: (inout Reader) -> Void) {
    path.append(key)
    body(&self)
    path.removeLast()
  }

  private mutating func reportUnknown(_ pair: Node.Pair, among known: [String]) {
    var message = "unknown key \(quoted(pair.key))\(place)"
    if let nearest = NearestKey.to(pair.key, among: known) {
      message += "; did you mean \(quoted(nearest))?"
    }
    report(message + " (known keys: \(Self.list(known)))", at: pair.keyPosition)
  }

  /// ` in 'SECTION'`, or nothing at the top.
  var place: String { path.isEmpty ? "" : " in \(subject)" }

  private static func list(_ keys: [String]) -> String { keys.joined(separator: ", ") }
}

extension Reader {
  /// The text of a scalar that is not null; reports anything else.
  mutating func text(_ node: Node) -> String? {
    guard let scalar = node.scalar else {
      report("\(subject) must be text, not \(node.kindName)", at: node.position)
      return nil
    }
    guard !scalar.isNull else {
      report("\(subject) must be text; write '' for an empty one", at: node.position)
      return nil
    }
    return scalar.text
  }

  /// The text of a scalar that obeys `rule`.
  mutating func text(_ node: Node, _ rule: TextRule) -> String? {
    guard let text = text(node) else { return nil }
    guard let problem = rule.problem(with: text) else { return text }
    report("\(subject) \(problem)", at: node.position)
    return nil
  }

  /// The text of a scalar as `parse` understands it; `expected` ends the sentence "must be".
  mutating func parsed<Value>(
    _ node: Node, expected: @autoclosure () -> String, _ parse: (Scalar) -> Value?
  ) -> Value? {
    if let scalar = node.scalar, let value = parse(scalar) { return value }
    let found = node.scalar.map { scalar in
      scalar.style == .plain ? quoted(scalar.text, limit: 40) : "text in quotes"
    }
    report("\(subject) must be \(expected()), not \(found ?? node.kindName)", at: node.position)
    return nil
  }

  /// Reads a list; items that are wrong are reported and left out.
  mutating func list<Item>(
    _ node: Node, _ item: (Node, inout Reader) -> Item?
  ) -> [Item]? {
    guard let nodes = node.items else {
      report("\(subject) must be a list such as [a, b], not \(node.kindName)", at: node.position)
      return nil
    }
    var items: [Item] = []
    for (index, node) in nodes.enumerated() {
      within("\(index + 1)") { reader in
        if let value = item(node, &reader) { items.append(value) }
      }
    }
    return items
  }

  /// Reads a mapping whose keys the user chooses; a wrong one is reported and left out.
  mutating func table<Item>(
    _ node: Node, keys rule: TextRule, _ item: (Node.Pair, inout Reader) -> Item?
  ) -> [Item]? {
    guard let pairs = node.pairs else {
      report("\(subject) must be a mapping, not \(node.kindName)", at: node.position)
      return nil
    }
    var items: [Item] = []
    for pair in pairs {
      if let problem = rule.problem(with: pair.key) {
        report("the key \(quoted(pair.key)) in \(subject) \(problem)", at: pair.keyPosition)
        continue
      }
      within(pair.key) { reader in
        if let value = item(pair, &reader) { items.append(value) }
      }
    }
    return items
  }
}
