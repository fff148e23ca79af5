import Manifest
import RawJSON

/// The `inputSchema` of a tool of a process, by which arguments are checked before they are sent
/// (row C18, `tools.validate` of the manifest).
///
/// It knows what JSON Schema 2020-12 says of types, values, members, items and their
/// combinations, and references into the same schema. What it does not know (formats, other
/// vocabularies, patterns that take more than linear time, references to elsewhere) it leaves to
/// the service, and so what would take more than `stepLimit` steps or lies deeper than
/// `depthLimit`: a service is never kept from a call that it would take. Nothing is fetched.
final class ArgumentSchema: Sendable {
  /// Schemas that one check looks at.
  static let stepLimit = 50_000
  /// Schemas within schemas, references included.
  static let depthLimit = 64
  /// Bytes of arguments that are checked; larger ones are passed on as they are.
  static let sizeLimit = 1 << 20
  /// Bytes of a string that is matched with a pattern.
  static let textLimit = 4_096
  private static let patternLimit = 200

  let root: JSONValue
  private let patterns: [[UInt8]: TextPattern]

  /// Nil where the tool has no schema that is an object.
  init?(tool json: [UInt8]) {
    let bytes = json.span.bytes
    let range = JSON.member("inputSchema", of: ByteRange(start: 0, end: json.count), in: bytes)
    guard JSON.isObject(range, in: bytes) else { return nil }
    root = JSONValue(range, in: bytes)
    var found: [[UInt8]: TextPattern] = [:]
    ArgumentSchema.collect(root, &found)
    patterns = found
  }

  /// What is wrong with the arguments; empty if nothing is.
  func violations(in arguments: JSONValue) -> [Violation] {
    var check = SchemaCheck(self)
    check.check(arguments, by: root, at: "", depth: 0)
    return check.found
  }

  /// Nil for one that cannot be matched in linear time.
  func pattern(_ text: String) -> TextPattern? { patterns[Array(text.utf8)] }

  private static func collect(_ schema: JSONValue, _ found: inout [[UInt8]: TextPattern]) {
    func add(_ text: String) {
      let key = Array(text.utf8)
      guard found[key] == nil, found.count < patternLimit else { return }
      found[key] = try? TextPattern(text)
    }
    switch schema {
    case .object(let members):
      for member in members {
        if member.key.utf8.elementsEqual("pattern".utf8), let text = member.value.stringValue {
          add(text)
        }
        if member.key.utf8.elementsEqual("patternProperties".utf8) {
          for inner in member.value.objectValue ?? JSONObject() { add(inner.key) }
        }
        collect(member.value, &found)
      }
    case .array(let elements): for element in elements { collect(element, &found) }
    default: break
    }
  }
}
