package import Manifest
import RawJSON

/// The arguments of one call, checked and completed with their defaults.
///
/// The content of a file, many MiB of base64, is cut out of them as it came: it is decoded while
/// it is sent, and never exists a second time.
struct RESTArguments: Sendable {
  private(set) var values = JSONObject()
  /// The argument whose content was cut out, and its base64 text.
  private(set) var file: (name: String, base64: JSONText)?

  init() {}

  /// Arguments that were checked and completed.
  init(_ values: JSONObject) { self.values = values }

  /// - Parameter json: the JSON of `params.arguments`; empty if the call has none.
  /// - Throws: what is wrong with the arguments, each with its JSON pointer.
  init(
    _ text: [UInt8], for tool: REST.Tool, of api: REST.Service
  ) throws(RESTFailure) {
    let json = text.isEmpty ? Array("{}".utf8) : text
    let span = json.span.bytes
    var tree = ByteRange(start: 0, end: json.count)
    var small: [UInt8]?
    if let argument = tool.arguments.first(where: { $0.place?.file != nil }) {
      let content = JSON.member(named: argument.name.utf8, of: tree, in: span)
      if JSON.isString(content, in: span), content.count > 2 {
        let key = argument.name.utf8
        var added: [UInt8] = []
        JSON.appendQuoted(key, to: &added)
        // What stands for the content while the other rules are checked.
        added += #":"AAAA""#.utf8
        small = JSON.rebuildObject(
          tree, in: span,
          dropping: { JSON.string($0, in: span)?.elementsEqual(key) ?? false }, adding: added)
        tree = ByteRange(start: 0, end: small?.count ?? 0)
        file = (argument.name, JSONText(written: json, range: content))
      }
    }
    let value = small.map { JSONValue(tree, in: $0.span.bytes) } ?? JSONValue(tree, in: span)
    var violations = tool.violations(in: value)
    if let file, !Base64Text.isValid(file.base64) {
      violations.append(Violation(at: "/\(file.name)", "must be base64 (RFC 4648, section 4)"))
    }
    guard violations.isEmpty, case .object(let object) = value else {
      throw .invalid(violations, tool: tool.name)
    }
    values = tool.complete(object)
  }

  subscript(name: String) -> JSONValue? { values[name] }

  /// Whether an argument has a value that is neither null nor `false`, or the opposite.
  func satisfies(_ condition: REST.Condition) -> Bool {
    let value = values[condition.argument] ?? .null
    let holds = !value.isNull && value != .bool(false)
    return holds != condition.isNegated
  }

  func count(_ count: REST.Count) -> Int {
    switch count {
    case .fixed(let number): number
    case .argument(let name): values[name]?.intValue ?? 0
    }
  }
}

extension RESTFailure {
  /// Arguments that break the rules of the tool; nothing was sent.
  package static func invalid(_ violations: [Violation], tool: String) -> RESTFailure {
    let lines = violations.map { violation in
      (violation.pointer.isEmpty ? "arguments" : violation.pointer) + " " + violation.message
    }
    return RESTFailure(
      .validation,
      "The arguments of '\(tool)' are wrong, and nothing was sent: "
        + lines.joined(separator: "; ") + ".",
      advice: "Correct them and call again.", wasSent: false)
  }
}

/// The base64 of RFC 4648 section 4, read from a JSON string; white space is no part of it.
enum Base64Text {
  /// The value of each byte; 64 for padding, 255 for what does not belong.
  static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (index, byte) in alphabet.utf8.enumerated() { values[Int(byte)] = UInt8(index) }
    values[Int(UInt8(ascii: "="))] = 64
    return values
  }()

  /// The range between the quotes; a JSON string of base64 has no escapes but perhaps `\/`.
  static func isValid(_ text: JSONText) -> Bool { decodedCount(text) != nil }

  /// Bytes that the text stands for; nil if it is no base64.
  static func decodedCount(_ text: JSONText) -> Int? {
    guard text.isString else { return nil }
    let inside = (text.range.start + 1)..<(text.range.end - 1)
    var digits = 0
    var padding = 0
    var isEscaped = false
    return text.bytes.withUnsafeBufferPointer { bytes -> Int? in
      values.withUnsafeBufferPointer { values in
        for index in inside {
          let byte = bytes[index]
          if byte == UInt8(ascii: "\\"), !isEscaped {
            isEscaped = true
            continue
          }
          if isEscaped, byte != UInt8(ascii: "/") { return nil }
          isEscaped = false
          let value = values[Int(byte)]
          if value == 64 { padding += 1 } else if value > 64 || padding > 0 { return nil }
          digits += 1
        }
        guard digits % 4 == 0, padding <= 2 else { return nil }
        return digits / 4 * 3 - padding
      }
    }
  }
}
