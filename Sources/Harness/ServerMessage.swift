import MCP
package import RawJSON
package import Resilience

/// A line that the server wrote to its stdout, and what it is.
package struct ServerMessage: Sendable {
  package enum Kind: Hashable, Sendable {
    case request, notification, result, failure
    /// An array of answers (2025-03-26); its elements are messages of their own.
    case batch
    /// Not a message of JSON-RPC, and why.
    case invalid(String)
  }

  package let kind: Kind
  /// The id as JSON text, quotes included; nil if there is none or it is null.
  package let id: String?
  package let method: String?
  /// The progress token as JSON text: of a request, or of a progress notification.
  package let progressToken: String?
  /// Without the newline.
  package let bytes: [UInt8]
  /// When the end of the line was read.
  package let arrival: Instant

  package init(_ bytes: [UInt8], at arrival: Instant) {
    self.bytes = bytes
    self.arrival = arrival
    let scanned: Result<Envelope, EnvelopeError> = bytes.withUnsafeBytes { buffer in
      do throws(EnvelopeError) {
        return .success(try Envelope.scan(buffer.bytes))
      } catch { return .failure(error) }
    }
    func text(_ range: ByteRange) -> String? {
      guard !range.isAbsent else { return nil }
      let text = String(decoding: bytes[range.start..<range.end], as: UTF8.self)
      return text == "null" ? nil : text
    }
    switch scanned {
    case .failure(let error):
      kind = .invalid("\(error)")
      (id, method, progressToken) = (nil, nil, nil)
    case .success(let envelope):
      kind = Kind(envelope.kind)
      id = text(envelope.id)
      method = text(envelope.methodText)?.withoutQuotes
      progressToken = text(envelope.progressToken)
    }
  }

  /// The whole message as a tree; null for what is not JSON.
  package var value: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }

  /// The line as text, for people; invalid UTF-8 is repaired.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package var result: JSONValue? { value.member("result") }
  package var error: JSONValue? { value.member("error") }
  package var errorCode: Int? { error?.member("code")?.intValue.map { Int($0) } }
  package var params: JSONValue? { value.member("params") }
}

extension ServerMessage.Kind {
  init(_ kind: Envelope.Kind) {
    switch kind {
    case .request: self = .request
    case .notification: self = .notification
    case .result: self = .result
    case .failure: self = .failure
    case .batch: self = .batch
    }
  }
}

extension String {
  /// Without one pair of quotes around it.
  var withoutQuotes: String {
    guard utf8.count >= 2, utf8.first == 34, utf8.last == 34 else { return self }
    return String(decoding: utf8.dropFirst().dropLast(), as: UTF8.self)
  }
}
