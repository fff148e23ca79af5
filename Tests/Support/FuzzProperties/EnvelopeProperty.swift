import MCP
import RawJSON

/// What holds for `Envelope.scan` on any bytes.
package enum EnvelopeProperty {
  /// Says what does not hold for `bytes`; nil if all does.
  package static func violation(of bytes: [UInt8]) -> String? {
    let isJSON = ReferenceJSON.accepts(bytes)
    do throws(EnvelopeError) {
      let envelope = try Envelope.scan(bytes.span.bytes)
      guard isJSON else { return "found a message in what is not JSON" }
      return envelope.kind == .batch ? nil : messageViolation(envelope, of: bytes)
    } catch {
      guard error.isParseError != isJSON else { return "\(error) for JSON: \(isJSON)" }
      let id = error.id
      guard id.isAbsent || RequestID(id, in: bytes.span.bytes) != nil else {
        return "gave an id back that is none"
      }
      return nil
    }
  }

  /// The ranges hold what a tree of the same line holds, and no key counts twice.
  private static func messageViolation(_ envelope: Envelope, of bytes: [UInt8]) -> String? {
    guard let message = try? JSONValue(parsing: bytes), let members = message.objectValue else {
      return "found a message in what is no object"
    }
    let parts: [(String, ByteRange, JSONObject?)] = [
      ("id", envelope.id, members), ("method", envelope.methodText, members),
      ("params", envelope.params, members), ("result", envelope.result, members),
      ("error", envelope.error, members),
      ("name", envelope.name, members["params"]?.objectValue),
      ("arguments", envelope.arguments, members["params"]?.objectValue),
      ("requestId", envelope.requestId, members["params"]?.objectValue),
      ("code", envelope.errorCode, members["error"]?.objectValue),
    ]
    for (key, range, owner) in parts {
      let values = (owner ?? JSONObject()).filter { $0.key.utf8.elementsEqual(key.utf8) }
      if values.count > 1 { return "'\(key)' occurs twice" }
      let isDropped = key == "id" && envelope.kind == .failure && values.first?.value.isNull == true
      let found: JSONValue? = range.isAbsent ? nil : JSONValue(range, in: bytes.span.bytes)
      if !isDropped, found != values.first?.value { return "'\(key)' is not what was found" }
    }
    if envelope.method != .unknown,
      members["method"]?.stringValue != "\(envelope.method.name)"
    {
      return "the method is another"
    }
    return nil
  }
}
