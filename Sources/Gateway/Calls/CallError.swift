import Backend
import MCP
import RawJSON
import Resilience

/// Why the gateway itself could not get a call answered.
///
/// Errors of a service are relayed untouched and never become one of these. The
/// codes and `data` are those of reliability 2.5; this file is the only place
/// that maps a failure to the wire.
struct CallError: Error, Hashable {
  /// What is known about the execution of the call.
  enum Outcome: String {
    case notExecuted = "not_executed"
    case unknown
    case executed
  }

  var code: ErrorCode
  /// One sentence that names the service and the next step.
  var message: String
  var service: String?
  /// A stable word for programs.
  var reason: String
  var wasSent = false
  var outcome = Outcome.notExecuted
  var isRetryable = false
  var retryAfter: Duration?
  /// How often it was tried; nil where that follows from `wasSent`.
  var attempts: Int?
  /// `data` as the specification prescribes it for this code, in place of ours.
  var specifiedData: [UInt8]?

  /// What the service said itself, as JSON: it is the client's answer in place of all others.
  var relayed: [UInt8] = []

  /// The `error` member's value.
  func json() -> [UInt8] {
    if !relayed.isEmpty { return relayed }
    var output = Array(#"{"code":"#.utf8)
    output += String(code.rawValue).utf8
    output += #","message":"#.utf8
    JSON.appendQuoted(message.utf8, to: &output)
    if let specifiedData {
      return output + Array(#","data":"#.utf8) + specifiedData + [UInt8(ascii: "}")]
    }
    output += #","data":{"source":"gateway""#.utf8
    if let service {
      output += #","backend":"#.utf8
      JSON.appendQuoted(service.utf8, to: &output)
    }
    output += #","reason":"#.utf8
    JSON.appendQuoted(reason.utf8, to: &output)
    output += #","sent":\#(wasSent),"outcome":"\#(outcome.rawValue)","#.utf8
    output += #""retryable":\#(isRetryable)"#.utf8
    if let retryAfter { output += #","retryAfterMs":\#(retryAfter.inMilliseconds)"#.utf8 }
    output += #","attempts":\#(attempts ?? (wasSent ? 1 : 0))}}"#.utf8
    return output
  }
}

extension CallError {
  static func backend(_ failure: BackendFailure, service: String) -> CallError {
    var error = of(failure, service: service)
    error.relayed = failure.error
    return error
  }

  private static func of(_ failure: BackendFailure, service: String) -> CallError {
    switch failure.reason {
    case .lost where failure.wasSent:
      CallError(
        code: .backendLost, message: failure.detail + " Whether the call took effect is unknown.",
        service: service, reason: "lost", wasSent: true, outcome: .unknown)
    case .lost, .unavailable:
      CallError(
        code: .backendUnavailable, message: failure.detail, service: service,
        reason: failure.reason == .lost ? "lost" : "unavailable", isRetryable: true,
        retryAfter: failure.retryAfter)
    case .protocolError:
      CallError(
        code: .backendProtocolError, message: failure.detail, service: service,
        reason: "protocol", wasSent: true, outcome: .unknown)
    case .overloaded, .descriptors:
      CallError(
        code: .overloaded, message: failure.detail, service: service,
        reason: failure.reason == .descriptors ? "fds" : "queue_full",
        isRetryable: true, retryAfter: failure.retryAfter)
    case .circuitOpen:
      CallError(
        code: .circuitOpen, message: failure.detail, service: service, reason: "circuit_open",
        isRetryable: true, retryAfter: failure.retryAfter)
    case .shuttingDown:
      CallError(
        code: .shuttingDown, message: failure.detail, service: service, reason: "shutting_down",
        wasSent: failure.wasSent, outcome: failure.wasSent ? .unknown : .notExecuted,
        isRetryable: true)
    }
  }

  static func timedOut(service: String, after time: Duration, wasSent: Bool) -> CallError {
    CallError(
      code: .timeout,
      message: "Service '\(service)' did not answer within \(time); the call was cancelled.",
      service: service, reason: "deadline", wasSent: wasSent,
      outcome: wasSent ? .unknown : .notExecuted, isRetryable: !wasSent)
  }

  static func tooManyInFlight(_ limit: Int) -> CallError {
    CallError(
      code: .overloaded,
      message: "More than \(limit) requests are in flight; wait for answers before sending more.",
      reason: "in_flight", isRetryable: true, retryAfter: .milliseconds(100))
  }

  static func tooMuchWaits(_ why: String) -> CallError {
    CallError(
      code: .overloaded, message: why, reason: "queue_full", isRetryable: true,
      retryAfter: .milliseconds(100))
  }

  static func serviceOff(_ service: String, why: String) -> CallError {
    CallError(
      code: .toolDisabled, message: "Service '\(service)' is switched off: \(why)",
      service: service, reason: "service_off")
  }

  static func invalidParams(_ message: String, reason: String = "invalid_params") -> CallError {
    CallError(code: .invalidParams, message: message, reason: reason)
  }

  static func unknown(_ kind: String, _ shownName: String) -> CallError {
    invalidParams("Unknown \(kind): \(shownName)", reason: "unknown_\(kind)")
  }

  static func methodNotFound(_ shownName: String) -> CallError {
    CallError(
      code: .methodNotFound, message: "Method not found: \(shownName)", reason: "unknown_method")
  }

  static func invalidRequest(_ message: String) -> CallError {
    CallError(code: .invalidRequest, message: message, reason: "invalid_request")
  }

  static let shuttingDown = CallError(
    code: .shuttingDown, message: "The gateway is ending.", reason: "shutting_down",
    isRetryable: true)
}
