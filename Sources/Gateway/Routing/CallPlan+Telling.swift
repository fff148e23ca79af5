import Backend
import MCP
import Manifest
import RawJSON
import Resilience
import Routing

extension CallPlan {
  /// Whether it matters what an answer says: it did not come from the first attempt, or is kept.
  var wantsAnswer: Bool { !attempts.isEmpty || slot != nil }

  /// The number of the attempt that is under way, from 1.
  var number: Int { attempts.count + 1 }

  /// Whether some service may have executed the call.
  var wasSent: Bool { attempts.contains { $0.outcome.repetition != .always } }

  var deadline: Instant {
    let patience = gateway.manifest(current)?.limits.timeout.inNanoseconds ?? 0
    return start.advanced(byNanoseconds: min(patience, gateway.absoluteTime))
  }

  /// The member of `_meta` that says what happened: one entry for each attempt, the last one too.
  func meta(_ outcome: Outcome) -> [UInt8] {
    var output = Array(#""switchyard/attempts":["#.utf8)
    let last = Attempt(service: gateway.manifest(current)?.name ?? "", outcome: outcome)
    for (index, attempt) in (attempts + [last]).enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output += #"{"service":"#.utf8
      JSON.appendQuoted(attempt.service.utf8, to: &output)
      output += #","outcome":"\#(attempt.outcome.name)"}"#.utf8
    }
    output.append(UInt8(ascii: "]"))
    return output
  }

  /// Why the call goes to none of its group.
  func allOpen(_ route: Route, at now: Instant) -> CallError {
    let wait = max((route.retryAt ?? now) - now, .milliseconds(1))
    let name = gateway.manifest(entry.service)?.group ?? ""
    var error = CallError(
      code: .circuitOpen,
      message:
        "All services of group '\(name)' have failed again and again and get no calls for "
        + "\(wait.inMilliseconds) ms; nothing was sent.",
      service: name, reason: "circuit_open", isRetryable: true, retryAfter: wait)
    error.attempts = attempts.count
    return error
  }

  /// The services have changed while the call waited for another attempt.
  var attemptsFailed: CallError {
    let failure = BackendFailure(
      .lost, wasSent: wasSent, detail: "The services have changed while the call was tried again.")
    return .backend(failure, service: attempts.last?.service ?? "")
  }

  /// The error that ends it, with what earlier attempts leave unknown.
  func closing(_ error: CallError, attempts count: Int) -> CallError {
    var error = error
    error.attempts = count
    guard wasSent, !error.wasSent else { return error }
    error.wasSent = true
    error.outcome = .unknown
    error.message += " It was sent before; whether it took effect then is unknown."
    return error
  }
}
