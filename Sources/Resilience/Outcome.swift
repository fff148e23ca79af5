/// How one attempt of a call ended, as far as health and a second attempt are concerned.
///
/// The classes are those of reliability 2.2 and 2.3. What a service says about a call (an error, a
/// result with `isError`) is an answer, however bad it is for the caller: it shows that the service
/// works. Ill health is what keeps answers from coming.
public enum Outcome: Int, CaseIterable, Hashable, Sendable {
  /// A result.
  case answered
  /// A result with `isError`.
  case answeredIsError
  /// An error of the protocol, such as -32602.
  case answeredError
  /// The server says that it is in trouble: 5xx, or the 408 and 429 of HTTP.
  case serverTrouble
  /// The service could not be reached, or ended before it had the whole request.
  case notSent
  /// Nothing was sent because of a limit, an open breaker or the end of the gateway.
  case refused
  /// The connection ended after the request had been sent: nobody knows what happened.
  case lost
  /// Sent, and not answered within the deadline.
  case timedOut
  /// Answered with something that is not the protocol.
  case malformed
  /// The client did not want it any more.
  case cancelled
  /// The gateway kept the answer from coming: it ends, or the client did not read or answer.
  case withheld
  /// Answered from memory; no service was asked.
  case fromCache

  // The compiler's own comparison is called through a witness table from other modules.
  @inlinable @inline(__always)
  public static func == (left: Outcome, right: Outcome) -> Bool {
    unsafe unsafeBitCast(left, to: UInt8.self) == unsafeBitCast(right, to: UInt8.self)
  }

  /// What it says about the service.
  public enum Verdict: Hashable, Sendable {
    case healthy, ill, nothing

    @inlinable @inline(__always)
    public static func == (left: Verdict, right: Verdict) -> Bool {
      unsafe unsafeBitCast(left, to: UInt8.self) == unsafeBitCast(right, to: UInt8.self)
    }
  }

  @inlinable @inline(__always)
  package var verdict: Verdict {
    switch self {
    case .answered, .answeredIsError, .answeredError: .healthy
    case .serverTrouble, .notSent, .lost, .timedOut, .malformed: .ill
    case .refused, .cancelled, .withheld, .fromCache: .nothing
    }
  }

  /// What must hold for the call to go out once more without having been executed twice.
  public enum Repetition: Hashable, Sendable {
    /// No service has seen it.
    case always
    /// It may have been executed: only a call that the manifest declares safe.
    case ifSafe
    /// It was answered, or nobody waits for it.
    case never
  }

  package var repetition: Repetition {
    switch self {
    case .notSent, .refused: .always
    case .lost, .timedOut, .malformed: .ifSafe
    case .answered, .answeredIsError, .answeredError, .serverTrouble: .never
    case .cancelled, .withheld, .fromCache: .never
    }
  }

  /// A stable word for logs, metrics and `_meta`.
  package var name: StaticString {
    switch self {
    case .answered: "answered"
    case .answeredIsError: "is_error"
    case .answeredError: "error"
    case .serverTrouble: "server_trouble"
    case .notSent: "not_sent"
    case .refused: "refused"
    case .lost: "lost"
    case .timedOut: "timed_out"
    case .malformed: "malformed"
    case .cancelled: "cancelled"
    case .withheld: "withheld"
    case .fromCache: "cache"
    }
  }
}
