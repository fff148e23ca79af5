import RawJSON
import YAML

/// What the text of a reference or path is, before it is checked against the file.
struct ReferenceText {
  /// Names and `[]`, or nil if the text is none.
  static func steps(_ text: String) -> [ValuePath.Step]? {
    var steps: [ValuePath.Step] = []
    for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      var name = part
      var lists = 0
      while name.suffix(2).elementsEqual("[]".utf8) {
        name = name.dropLast(2)
        lists += 1
      }
      let isName = !name.isEmpty && name.allSatisfy(isNameByte)
      guard isName || (name.isEmpty && lists > 0 && steps.isEmpty) else { return nil }
      if isName { steps.append(.member(String(decoding: name, as: UTF8.self))) }
      steps += Array(repeating: .items, count: lists)
    }
    return steps.isEmpty ? nil : steps
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): false
    case UInt8(ascii: "*"), 0x00...0x20, 0x7F: false
    default: true
    }
  }
}

extension Reader {
  /// A way into a value, such as `errors[].message`.
  mutating func valuePath(_ text: Placed<String>) -> ValuePath? {
    if let steps = ReferenceText.steps(text.value) { return ValuePath(steps) }
    report(
      "\(quoted(text.value)) in \(subject) is no path into a value, such as next_page.offset or "
        + "errors[].message", at: text.position)
    return nil
  }

  /// A reference as it is written; what it names is checked by the tool.
  mutating func reference(_ text: Placed<String>) -> REST.Reference? {
    guard let steps = ReferenceText.steps(text.value), case .member(let root)? = steps.first,
      let reference = Self.reference(root, Array(steps.dropFirst()))
    else {
      report(
        "\(quoted(text.value)) in \(subject) is no reference: those begin with arguments.NAME, "
          + "config.NAME, item, steps.NAME or counts.NAME, or are truncated", at: text.position)
      return nil
    }
    return reference
  }

  private static func reference(_ root: String, _ rest: [ValuePath.Step]) -> REST.Reference? {
    if root == "item" { return REST.Reference(root: .item, path: ValuePath(rest)) }
    if root == "truncated" { return rest.isEmpty ? REST.Reference(root: .truncated) : nil }
    guard case .member(let name)? = rest.first else { return nil }
    let path = ValuePath(Array(rest.dropFirst()))
    switch root {
    case "arguments": return REST.Reference(root: .argument(name), path: path)
    case "steps": return REST.Reference(root: .step(name), path: path)
    case "config": return path.steps.isEmpty ? REST.Reference(root: .config(name)) : nil
    case "counts": return path.steps.isEmpty ? REST.Reference(root: .count(name)) : nil
    default: return nil
    }
  }
}
