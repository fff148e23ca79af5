/// Why a tool of a REST service has no result, in words for the model and for programs.
///
/// What the API itself refused has a status and becomes a tool result with `isError`, since the
/// model can often do better the next time; what never got an answer becomes an error of the
/// protocol (reliability 2.5). No text holds a credential.
package struct RESTFailure: Error, Hashable, Sendable {
  package enum Category: String, CaseIterable, Sendable {
    case network, timeout, authentication, permission
    case notFound = "not_found"
    case validation
    case rateLimit = "rate_limit"
    case conflict, unavailable
    case `internal`
  }

  /// How it reaches the client.
  package enum Form: Hashable, Sendable {
    /// A result with `isError`.
    case toolResult
    /// The API cannot be reached, or a limit of ours refused the request.
    case protocolError(BackendFailure.Reason)
    /// The deadline of the call would have passed.
    case timeout
  }

  package var category: Category
  package var form: Form
  /// What happened: one sentence or two, printable, bounded.
  package var message: String
  /// What to do next: one sentence.
  package var advice: String
  package var status: Int?
  /// Whether the API can have seen the request.
  package var wasSent: Bool
  /// Whether the same call makes sense later without a change.
  package var isRetryable: Bool
  package var retryAfter: Duration?

  package init(
    _ category: Category, _ message: String, form: Form = .toolResult, advice: String? = nil,
    status: Int? = nil, wasSent: Bool = true, isRetryable: Bool = false,
    retryAfter: Duration? = nil
  ) {
    self.category = category
    self.form = form
    self.message = message
    self.advice = advice ?? category.advice
    self.status = status
    self.wasSent = wasSent
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
  }

  /// What a model reads.
  package var text: String { "\(message) \(advice)" }
}

extension RESTFailure.Category {
  /// What to do about a failure of this kind where no more is known.
  package var advice: String {
    switch self {
    case .network: "Check the network connection, then try again."
    case .timeout: "Try again; ask for less if it happens again."
    case .authentication:
      "Tell the person who runs this gateway that the service's credentials are missing, wrong "
        + "or revoked; trying again will not help."
    case .permission:
      "The account of this service may not do that; ask somebody who may, or choose something else."
    case .notFound: "Check the ids; list or search for what is meant before trying again."
    case .validation: "Change the arguments as the message says, then try again."
    case .rateLimit: "Wait before trying again, and send fewer requests."
    case .conflict: "Read the current state, then decide whether the change still makes sense."
    case .unavailable: "The service has trouble of its own; try again in a minute."
    case .internal: "Report this to the person who runs this gateway."
    }
  }

  /// The category of an answer with this status, 300 or more.
  package init(status: Int) {
    self =
      switch status {
      case 401, 407: .authentication
      case 402, 403, 451: .permission
      case 404, 410: .notFound
      case 408, 504: .timeout
      case 409, 412, 423, 428: .conflict
      case 429: .rateLimit
      case 400..<500: .validation
      case 502, 503: .unavailable
      case 500...: .unavailable
      default: .internal
      }
    if status == 500 || status == 501 || status == 505 { self = .internal }
  }

  /// Advice that says more than the category's, for the statuses that have their own meaning.
  package static func advice(status: Int) -> String? {
    switch status {
    case 402: "This needs a paid plan of the service; do it another way or ask for the plan."
    case 405:
      "The manifest of this service names a wrong method; report it to who runs the gateway."
    case 413: "Send less in one call."
    case 451: "The service withholds this for legal reasons; trying again will not help."
    case 500:
      "The service failed while working on this; check whether it took effect before trying again."
    default: nil
    }
  }
}
