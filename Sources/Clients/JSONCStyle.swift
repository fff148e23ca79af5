import RawJSON

/// How a text is laid out, read off the text itself, so that what is added looks like the rest.
struct JSONCStyle {
  /// `\n` or `\r\n`.
  var newline: [UInt8]
  /// What one level of nesting adds to the start of a line.
  var unit: [UInt8]
  /// Whether members stand on lines of their own.
  var isMultiline: Bool
  /// What stands between a colon and a value.
  var colonSpace: [UInt8]

  init(of document: JSONCDocument) {
    let bytes = document.bytes
    let firstFeed = bytes.firstIndex(of: 0x0A)
    let isDOS = firstFeed.map { $0 > 0 && bytes[$0 - 1] == 0x0D } ?? false
    newline = isDOS ? [0x0D, 0x0A] : [0x0A]
    unit = Array("  ".utf8)
    isMultiline = true
    colonSpace = [0x20]
    guard let root = document.root, let members = root.members, !members.isEmpty else { return }
    isMultiline = bytes[root.range].contains { $0 == 0x0A || $0 == 0x0D }
    if let unit = Self.unit(of: root, in: bytes) { self.unit = unit }
    if let member = members.first {
      let colon = bytes[member.key.upperBound...].firstIndex(of: UInt8(ascii: ":"))
      if let colon, colon + 1 == member.value.range.lowerBound { colonSpace = [] }
    }
  }

  /// The first indentation found, container by container from the outside in.
  private static func unit(of node: JSONCNode, in bytes: [UInt8]) -> [UInt8]? {
    let children = node.members?.map(\.value) ?? []
    if let first = node.members?.first, let inner = bytes.indentation(before: first.key.lowerBound)
    {
      let outer = bytes.lineIndentation(at: node.range.lowerBound)
      if inner.starts(with: outer), inner.count > outer.count {
        return Array(inner.dropFirst(outer.count))
      }
    }
    for child in children {
      if let found = unit(of: child, in: bytes) { return found }
    }
    return nil
  }

  /// Writes `value` as it would stand in this text on a line indented by `indentation`.
  ///
  /// Arrays of scalars stay on one line; everything stays on one line in a text of one line.
  func render(_ value: JSONValue, indentation: [UInt8]) -> [UInt8] {
    switch value {
    case .object(let object): return render(object, indentation: indentation)
    case .array(let values):
      let separator = Array((colonSpace.isEmpty ? "," : ", ").utf8)
      let parts = values.map { render($0, indentation: indentation) }
      return [UInt8(ascii: "[")] + parts.joined(separator: separator) + [UInt8(ascii: "]")]
    default: return value.serialized()
    }
  }

  private func render(_ object: JSONObject, indentation: [UInt8]) -> [UInt8] {
    let inner = indentation + unit
    let members = object.map { member in
      renderMember(key: member.key, value: render(member.value, indentation: inner))
    }
    guard !members.isEmpty else { return Array("{}".utf8) }
    var output: [UInt8] = [UInt8(ascii: "{")]
    for (index, member) in members.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      if isMultiline {
        output += newline + inner
      } else if index > 0 {
        output += colonSpace
      }
      output += member
    }
    if isMultiline { output += newline + indentation }
    return output + [UInt8(ascii: "}")]
  }

  /// `"key": value`
  func renderMember(key: String, value: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    JSON.appendQuoted(key.utf8, to: &output)
    output.append(UInt8(ascii: ":"))
    return output + colonSpace + value
  }
}

extension [UInt8] {
  /// The white space before `offset` when nothing else precedes it on its line, else nil.
  func indentation(before offset: Int) -> [UInt8]? {
    var start = offset
    while start > 0, self[start - 1] == 0x20 || self[start - 1] == 0x09 { start -= 1 }
    guard start > 0, self[start - 1] == 0x0A else { return nil }
    return Array(self[start..<offset])
  }

  /// The white space at the start of the line on which `offset` lies.
  func lineIndentation(at offset: Int) -> [UInt8] {
    let start = self[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return Array(self[start..<offset].prefix { $0 == 0x20 || $0 == 0x09 })
  }
}
