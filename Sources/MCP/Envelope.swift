package import RawJSON

/// What one line says about itself, as ranges into the line.
///
/// A trivial value: nothing is copied from the line, and the ranges mean
/// nothing without it. Strings keep their quotes. Members that are missing, and
/// `_meta: null`, are absent.
public struct Envelope: Sendable, BitwiseCopyable {
  /// Bytes of a method name, between its quotes.
  package static let maximumMethodLength = 128

  public enum Kind: Hashable, Sendable, BitwiseCopyable {
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

    // The compiler's own comparison is called through a witness table from other modules.
    @inlinable @inline(__always)
    public static func == (left: Kind, right: Kind) -> Bool {
      unsafe unsafeBitCast(left, to: UInt8.self) == unsafeBitCast(right, to: UInt8.self)
    }
  }

  // Stored properties, all of them: other modules read those without a call.

  /// What kind of message it is.
  package internal(set) var kind = Kind.batch
  /// The method of a request or notification.
  package internal(set) var method = Method.unknown
  /// Whether the request describes itself, as requests of the modern era do: its `_meta` names a
  /// protocol version.
  package internal(set) var isModern = false
  /// Number of messages in a batch; 0 for an empty one and for other kinds.
  package internal(set) var batchCount = 0
  /// The whole message, or the array of a batch, without white space around it.
  package internal(set) var whole = ByteRange.absent

  /// The method as it was written.
  package internal(set) var methodText = ByteRange.absent
  /// The id as it was written.
  package internal(set) var id = ByteRange.absent
  package internal(set) var params = ByteRange.absent
  package internal(set) var result = ByteRange.absent
  package internal(set) var error = ByteRange.absent

  // Members of `params`.

  package internal(set) var name = ByteRange.absent
  package internal(set) var uri = ByteRange.absent
  package internal(set) var arguments = ByteRange.absent
  /// What makes a call a task of 2025-11-25.
  package internal(set) var task = ByteRange.absent
  package internal(set) var cursor = ByteRange.absent
  /// The id of the request that `notifications/cancelled` is about.
  package internal(set) var requestId = ByteRange.absent
  /// How far the request of `notifications/progress` is.
  package internal(set) var progress = ByteRange.absent
  /// The token of `notifications/progress`, or the one with which a request asks for them.
  package internal(set) var progressToken = ByteRange.absent

  // Members of `_meta`, or of the parameters of a legacy `initialize`.

  package internal(set) var protocolVersion = ByteRange.absent
  package internal(set) var clientInfo = ByteRange.absent
  package internal(set) var clientCapabilities = ByteRange.absent

  /// `params._meta` or `result._meta`.
  package internal(set) var meta = ByteRange.absent
  /// The log level that a modern request asks for in `_meta`.
  package internal(set) var logLevel = ByteRange.absent
  /// The subscription to which `_meta` of a notification or result belongs.
  package internal(set) var subscriptionId = ByteRange.absent

  // Members of `result`, and of `params` where a request is tried again.

  package internal(set) var resultType = ByteRange.absent
  package internal(set) var ttlMs = ByteRange.absent
  package internal(set) var cacheScope = ByteRange.absent
  package internal(set) var isError = ByteRange.absent
  package internal(set) var requestState = ByteRange.absent
  package internal(set) var inputResponses = ByteRange.absent
  /// `error.code`.
  package internal(set) var errorCode = ByteRange.absent

  /// What every scan starts from; copying it costs less than setting each range.
  static let blank = Envelope()

  private init() {}
}
