import Backend
import Loop
import MCP
import RawJSON
import Resilience

extension Outcome {
  /// What a failure of a process or of the way to it says about the attempt.
  init(_ failure: BackendFailure) {
    switch failure.reason {
    case .lost: self = failure.wasSent ? .lost : .notSent
    case .unavailable: self = failure.wasSent ? .lost : .notSent
    case .protocolError: self = .malformed
    case .overloaded, .descriptors, .circuitOpen: self = .refused
    case .shuttingDown: self = .withheld
    }
  }

  /// What a legal answer says about it.
  init(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if envelope.kind == .failure {
      self = .answeredError
    } else if !envelope.isError.isAbsent, line[envelope.isError.start] == UInt8(ascii: "t") {
      self = .answeredIsError
    } else {
      self = .answered
    }
  }
}
