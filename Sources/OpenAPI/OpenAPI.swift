// An OpenAPI 3.0 or 3.1 document becomes a manifest of a REST service, which a
// person then edits.
//
//   bytes -> JSONValue (YAML or JSON) -> Document ($ref, allOf) -> ImportedTool -> text
//
// Invariants: the same document and options give the same text. What the manifest
// cannot say is in `notes`, with the operation it concerns; nothing is left out in
// silence. References are followed to a bounded depth, so documents that refer to
// themselves end. Defaults of the document are not sent: an API applies its own, and
// some documents are wrong about them.
//
// Costs: one walk over the operations that were asked for; it runs in the people's
// command only. It refuses other versions of OpenAPI and documents without paths.
import RawJSON
import YAML

/// What is imported, and how the service is called.
package struct ImportOptions: Sendable {
  /// Only operations with one of these tags; empty takes all.
  package var tags: [String] = []
  /// Only operations with these ids, beside those of `tags`; empty asks for none.
  package var operations: [String] = []
  /// The service's name; nil makes one of the document's title.
  package var service: String?
  /// Where the document is from, for the first line of the manifest.
  package var source = ""

  package init() {}
}

/// A manifest and what it could not say.
package struct ImportedManifest: Sendable {
  package var text: String
  package var tools: Int
  /// One sentence each, beginning with the operation if there is one.
  package var notes: [String]
}

/// Why a document is not imported.
package struct ImportError: Error, Hashable, Sendable {
  package var message: String
}

package enum OpenAPI {
  /// Reads YAML or JSON and writes a manifest.
  package static func manifest(
    of bytes: [UInt8], _ options: ImportOptions
  ) throws(ImportError) -> ImportedManifest {
    let document = try Document(bytes)
    var importer = Importer(document: document, options: options)
    return try importer.manifest()
  }

  /// The document as JSON; YAML scalars are what the core schema of YAML 1.2 says.
  static func parse(_ bytes: [UInt8]) throws(ImportError) -> JSONValue {
    let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if first == UInt8(ascii: "{"), let value = try? JSONValue(parsing: bytes) { return value }
    var limits = Limits()
    (limits.bytes, limits.nodes, limits.aliases) = (64 << 20, 10_000_000, 100_000)
    limits.depth = 256
    let root: Node?
    do throws(YAMLError) {
      root = try Node.parse(bytes, limits: limits)
    } catch {
      throw ImportError(
        message: "\(error.position.line):\(error.position.column): \(error.reason)")
    }
    guard let root else { throw ImportError(message: "the document is empty") }
    return json(root)
  }

  private static func json(_ node: Node) -> JSONValue {
    switch node.content {
    case .sequence(let items): return .array(items.map { json($0) })
    case .mapping(let pairs):
      return .object(JSONObject(pairs.map { .init(key: $0.key, value: json($0.value)) }))
    case .scalar(let scalar):
      guard scalar.style == .plain else { return .string(scalar.text) }
      if scalar.isNull { return .null }
      switch scalar.text {
      case "true", "True", "TRUE": return true
      case "false", "False", "FALSE": return false
      default:
        if let value = try? JSONValue(parsing: Array(scalar.text.utf8)), value.numberValue != nil {
          return value
        }
        return .string(scalar.text)
      }
    }
  }
}
