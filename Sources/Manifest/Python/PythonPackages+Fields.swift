import YAML

// The keys of `process.python`.

extension PythonPackages {
  static let fields: [Field<PythonPackages>] = [
    .requirements("packages", \.requirements, "What is installed, as pip takes it."),
    .openText(
      "lock", \.lock, .path,
      "Every package with its version, as switchyard prepare --lock writes it; "
        + "relative to the manifest's folder."),
    .openText(
      "interpreter", \.interpreter, .path, "The python that makes the environment.",
      default: "python3"),
    .openText("index", \.index, .path, "The address of a package index in place of the usual one."),
    .openText(
      "find_links", \.links, .path,
      "A folder or page with files of packages; without index, nothing else is asked."),
    .span(
      "timeout", \.timeout, in: .seconds(1)...GatewayConfiguration.longest,
      "The longest that making the environment may take."),
  ]

  /// Makes paths absolute; they count from the manifest's folder.
  mutating func resolve(in folder: String) {
    if !lock.isEmpty { lock = FilePath.absolute(lock, in: folder) }
    if interpreter.utf8.contains(UInt8(ascii: "/")) {
      interpreter = FilePath.absolute(interpreter, in: folder)
    }
    if !links.isEmpty, !links.contains("://") { links = FilePath.absolute(links, in: folder) }
  }
}

extension Field<PythonPackages> {
  fileprivate static func requirements(
    _ key: String, _ path: @autoclosure @escaping Path<[String]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(.requirement)), isRequired: true, show: { _ in nil },
      parse: { node, reader in
        let found = reader.list(node) { $1.requirement($0) }
        if node.items?.isEmpty == true {
          reader.report("\(reader.subject) must name at least one package", at: node.position)
        }
        return found
      })
  }
}

extension TextRule {
  /// A requirement of pip; the bound is ours.
  static let requirement = TextRule(alphabet: nil, length: 1...1_000)
}

extension Reader {
  /// One requirement: what begins as a name does. Anything else could be an option of pip.
  fileprivate mutating func requirement(_ node: Node) -> String? {
    guard let text = text(node, .requirement) else { return nil }
    let first = text.utf8.first ?? 0
    let isName = TextRule.isNameByte(first) && first != UInt8(ascii: "-")
    guard isName, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      report(
        "\(subject) must be a package such as mcp-server-git==2026.10.19, not \(quoted(text))",
        at: node.position)
      return nil
    }
    return text
  }
}
