extension JSONValue: CustomStringConvertible {
  /// The value as JSON text: on one line, or with two spaces of indentation a level.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output, level: pretty ? 0 : nil)
    return output
  }

  package var description: String { String(decoding: serialized(), as: UTF8.self) }

  /// - Parameter level: the depth of this value when indenting, nil when not.
  private func write(to output: inout [UInt8], level: Int?) {
    switch self {
    case .null: JSON.append("null", to: &output)
    case .bool(true): JSON.append("true", to: &output)
    case .bool(false): JSON.append("false", to: &output)
    case .number(let number): output += number.text.utf8
    case .string(let string): JSON.appendQuoted(string.utf8, to: &output)
    case .array(let elements):
      Self.write(elements, between: ("[", "]"), to: &output, level: level) { element, output in
        element.write(to: &output, level: level.map { $0 + 1 })
      }
    case .object(let object):
      Self.write(object, between: ("{", "}"), to: &output, level: level) { member, output in
        JSON.appendQuoted(member.key.utf8, to: &output)
        JSON.append(level == nil ? ":" : ": ", to: &output)
        member.value.write(to: &output, level: level.map { $0 + 1 })
      }
    }
  }

  private static func write<Items: Collection>(
    _ items: Items, between brackets: (StaticString, StaticString), to output: inout [UInt8],
    level: Int?, _ write: (Items.Element, inout [UInt8]) -> Void
  ) {
    JSON.append(brackets.0, to: &output)
    var isFirst = true
    for item in items {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      breakLine(level.map { $0 + 1 }, &output)
      write(item, &output)
    }
    if !isFirst { breakLine(level, &output) }
    JSON.append(brackets.1, to: &output)
  }

  private static func breakLine(_ level: Int?, _ output: inout [UInt8]) {
    guard let level else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: level * 2))
  }
}
