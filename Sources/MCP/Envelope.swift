package import RawJSON

/// What one line says about itself, as ranges into the line.
///
/// A trivial value: nothing is copied from the line, and the ranges mean
/// nothing without it. Members that are missing, and `_meta: null`, are absent.
package struct Envelope: Sendable, BitwiseCopyable {
  /// Bytes of a method name, between its quotes.
  package static let maximumMethodLength = 128

  package enum Kind: Hashable, Sendable, BitwiseCopyable {
    /// A method with an id.
    case request
    /// A method without an id.
    case notification
    /// A response with a result.
    case result
    /// A response with an error; its id may be absent.
    case failure
    /// An array; its elements are JSON but have not been looked at (2025-03-26 only).
    case batch
  }

  /// What kind of message it is.
  package internal(set) var kind = Kind.batch
  /// The method of a request or notification.
  package internal(set) var method = Method.unknown
  /// The whole message, or the array of a batch, without white space around it.
  package internal(set) var whole = ByteRange.absent
  /// Number of messages in a batch; 0 for an empty one and for other kinds.
  package internal(set) var batchCount = 0
  var ranges = InlineArray<40, ByteRange>(repeating: .absent)

  init() {}

  /// The value of a member, or absent.
  package internal(set) subscript(key: EnvelopeKey) -> ByteRange {
    get { ranges[Int(key.rawValue)] }
    set { ranges[Int(key.rawValue)] = newValue }
  }

  /// Whether the request describes itself, as requests of the modern era do: its `_meta` names a
  /// protocol version.
  package var isModern: Bool { !self[.metaProtocolVersion].isAbsent }

  /// The method as it was written, quotes included.
  package var methodText: ByteRange { self[.method] }
  /// The id as it was written, quotes included.
  package var id: ByteRange { self[.id] }
  package var params: ByteRange { self[.params] }
  package var result: ByteRange { self[.result] }
  package var error: ByteRange { self[.error] }

  package var name: ByteRange { self[.name] }
  package var uri: ByteRange { self[.uri] }
  package var arguments: ByteRange { self[.arguments] }
  package var cursor: ByteRange { self[.cursor] }
  /// The id of the request that `notifications/cancelled` is about.
  package var requestId: ByteRange { self[.requestId] }
  package var progress: ByteRange { self[.progress] }
  /// The token of `notifications/progress`, or that with which a request asks for them.
  package var progressToken: ByteRange {
    method == .progress ? self[.progressToken] : self[.metaProgressToken]
  }

  /// `params._meta` or `result._meta`, if it is an object.
  package var meta: ByteRange { self[.meta] }
  /// From `_meta`, or from the parameters of a legacy `initialize`.
  package var protocolVersion: ByteRange { described(.metaProtocolVersion, .protocolVersion) }
  /// From `_meta`, or from the parameters of a legacy `initialize`.
  package var clientInfo: ByteRange { described(.metaClientInfo, .clientInfo) }
  /// From `_meta`, or from the parameters of a legacy `initialize`.
  package var clientCapabilities: ByteRange { described(.metaClientCapabilities, .capabilities) }
  /// The log level that a modern request asks for.
  package var logLevel: ByteRange { self[.metaLogLevel] }
  package var subscriptionId: ByteRange { self[.metaSubscriptionId] }

  package var resultType: ByteRange { self[.resultType] }
  package var ttlMs: ByteRange { self[.ttlMs] }
  package var cacheScope: ByteRange { self[.cacheScope] }
  package var isError: ByteRange { self[.isError] }
  package var requestState: ByteRange { self[.requestState] }
  package var errorCode: ByteRange { self[.errorCode] }

  private func described(_ modern: EnvelopeKey, _ legacy: EnvelopeKey) -> ByteRange {
    method == .initialize && !isModern ? self[legacy] : self[modern]
  }
}
