package import RawJSON

/// Why a line is no message, with what is needed to answer it.
package struct EnvelopeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rules of JSON-RPC 2.0 and MCP that a JSON value can break.
  package enum Fault: Hashable, Sendable {
    /// The line is a string, a number or a literal.
    case notAnObject
    /// The key stands there twice (row C09).
    case duplicateKey(EnvelopeKey)
    /// `jsonrpc` is missing or not `"2.0"`.
    case badVersion
    /// Neither `method` nor `result` nor `error`.
    case missingMethod
    /// `method` is no string, or longer than `Envelope.maximumMethodLength`.
    case badMethod
    /// `id` is neither a string nor an integer, or too long (row C11).
    case badID
    /// A result without an id.
    case missingID
    /// `params` is no object.
    case badParams
    /// `_meta` is neither an object nor null.
    case badMeta
    /// `error` is no object.
    case badError
    /// A response with both outcomes (row B25).
    case resultAndError
    /// `method` beside `result` or `error`.
    case methodAndOutcome
  }

  package enum Reason: Hashable, Sendable {
    case notJSON(JSONError)
    case invalid(Fault)
  }

  /// What the line was meant to be, as far as its keys tell.
  package enum Shape: Hashable, Sendable {
    /// It has an id, of whatever kind, and no outcome; it is owed an answer.
    case request
    /// It has a method and no id; it is owed none.
    case notification
    /// It has an outcome; answering it could loop.
    case response
    /// Nothing is known; JSON-RPC answers with a null id.
    case unknown
  }

  package var reason: Reason
  /// The one legal id that was read before the fault or behind it; absent if there was none, or
  /// more than one.
  package var id: ByteRange
  package var shape: Shape

  /// Whether the line is not even JSON.
  package var isParseError: Bool {
    if case .notJSON = reason { true } else { false }
  }

  /// The code that tells a client of this error.
  package var code: ErrorCode { isParseError ? .parse : .invalidRequest }

  package var description: String {
    switch reason {
    case .notJSON(let error): error.description
    case .invalid(let fault): fault.description
    }
  }
}

extension EnvelopeError.Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAnObject: "a message must be a JSON object"
    case .duplicateKey(let key): "the key '\(key.name)' occurs more than once"
    case .badVersion: "'jsonrpc' must be \"2.0\""
    case .missingMethod: "a message must have 'method', 'result' or 'error'"
    case .badMethod:
      "'method' must be a string of at most \(Envelope.maximumMethodLength) bytes"
    case .badID: "'id' must be an integer or a string of at most \(RequestID.maximumLength) bytes"
    case .missingID: "a result must have an 'id'"
    case .badParams: "'params' must be an object"
    case .badMeta: "'_meta' must be an object"
    case .badError: "'error' must be an object"
    case .resultAndError: "a response must have one of 'result' and 'error', not both"
    case .methodAndOutcome: "'method' must not stand beside 'result' or 'error'"
    }
  }
}
