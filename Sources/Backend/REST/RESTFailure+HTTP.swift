import HTTP
import Manifest

extension HTTPError {
  /// Whether another attempt may end otherwise.
  var isTransient: Bool {
    switch kind {
    case .resolve, .connect, .reset, .shortBody: true
    case .timeout(let limit): limit != .total
    default: false
    }
  }
}

extension RESTFailure {
  /// An earlier attempt may have been executed: nobody may say that nothing was sent.
  mutating func noteSent() {
    guard !wasSent else { return }
    wasSent = true
    isRetryable = false
    if form == .protocolError(.unavailable) { form = .protocolError(.lost) }
  }

  /// A transfer without an answer, in the words of reliability 2.5.
  init(_ error: HTTPError, service: String, at address: REST.Address) {
    let wasSent = error.wasSent == .maybeSent
    let end = error.message.utf8.last == UInt8(ascii: ".") ? "" : "."
    let message =
      "Service '\(service)' at \(address.host):\(address.port): \(error.message)\(end)"
    switch error.kind {
    case .overloaded:
      self.init(
        .unavailable, message, form: .protocolError(.overloaded), wasSent: false,
        isRetryable: true)
    case .resolve, .connect, .tls, .refusedAddress, .timeout(.connect):
      let reason = BackendFailure.Reason.unavailable
      self.init(
        .network, message, form: .protocolError(reason),
        advice: error.kind == .refusedAddress
          ? "The manifest has to allow private addresses if that is meant." : nil,
        wasSent: false, isRetryable: true)
    case .timeout:
      self.init(.timeout, message, form: .timeout, wasSent: wasSent, isRetryable: !wasSent)
    case .reset, .shortBody:
      self.init(
        .network, message, form: .protocolError(wasSent ? .lost : .unavailable),
        wasSent: wasSent, isRetryable: !wasSent)
    case .tooLarge, .ratio:
      self.init(
        .validation, message,
        advice: "Ask for less: fewer fields, a smaller limit, or a narrower search.")
    case .protocolViolation:
      self.init(.internal, message, form: .protocolError(.protocolError), wasSent: wasSent)
    case .invalidRequest, .unavailableLibrary, .bodySource:
      self.init(.internal, message, form: .protocolError(.unavailable), wasSent: false)
    case .cancelled:
      self.init(
        .unavailable, message, form: .protocolError(.shuttingDown), wasSent: wasSent,
        isRetryable: !wasSent)
    }
  }
}
