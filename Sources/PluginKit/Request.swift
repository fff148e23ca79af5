import MCP
import RawJSON

/// A request or notification of the client, read far enough to act on it.
struct Request: Sendable {
  /// The id as the client wrote it; empty for a notification.
  var id: [UInt8]
  var method: Method
  var methodName: String
  /// `params`; null when there are none.
  var params: JSONValue
  /// Whether `params._meta` says which revision this one message speaks (2026-07-28).
  var isModern: Bool

  init(_ envelope: Envelope, in line: [UInt8]) {
    let bytes = line.span.bytes
    id = envelope.id.isAbsent ? [] : JSON.copy(envelope.id, in: bytes)
    method = envelope.method
    methodName = String(
      decoding: JSON.string(envelope.methodText, in: bytes) ?? [], as: UTF8.self)
    params =
      envelope.params.isAbsent
      ? .null : (try? JSONValue(parsing: JSON.copy(envelope.params, in: bytes))) ?? .null
    isModern = params["_meta"]?[Self.versionKey] != nil
  }

  static let versionKey = "\(MetaKey.protocolVersion)"
  static let capabilitiesKey = "\(MetaKey.clientCapabilities)"
  static let serverInfoKey = "\(MetaKey.serverInfo)"

  /// The era whose shapes the answer takes.
  var era: Era { isModern ? .modern : .legacy }

  /// The token for progress, as bytes of JSON; nil when the client wants none.
  /// - Throws: when it is neither a string nor an integer.
  func progressToken() throws(Failure) -> [UInt8]? {
    guard let token = params["_meta"]?["progressToken"] else { return nil }
    guard token.stringValue != nil || token.intValue != nil else {
      throw Failure(.invalidParams, "_meta.progressToken must be a string or an integer")
    }
    return token.serialized()
  }

  /// Checks what 2026-07-28 requires of every request.
  func checkEnvelope() throws(Failure) {
    guard isModern else { return }
    let meta = params["_meta"]
    let asked = meta?[Self.versionKey]?.stringValue
    guard asked == Revision.newest.rawValue else {
      let known = JSONValue.array([.string(Revision.newest.rawValue)])
      throw Failure(
        .unsupportedProtocolVersion, "Unsupported protocol version",
        data: ["supported": known, "requested": meta?[Self.versionKey] ?? .null])
    }
    guard meta?[Self.capabilitiesKey]?.objectValue != nil else {
      throw Failure(.invalidParams, "params._meta lacks \(Self.capabilitiesKey), an object")
    }
  }
}

/// A request that is answered with a JSON-RPC error.
struct Failure: Error {
  var code: ErrorCode
  var message: String
  var data: JSONValue?

  init(_ code: ErrorCode, _ message: String, data: JSONValue? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }
}
