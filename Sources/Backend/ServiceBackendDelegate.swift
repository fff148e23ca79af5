package import Loop
package import MCP
package import Resilience

/// What a service learns about its backends.
@EventLoop
package protocol ServiceBackendDelegate: AnyObject {
  /// Calls may flow.
  func backendIsReady(_ backend: ServiceBackend)
  /// The child fell to the era probe; start another with `handshake`.
  func backend(_ backend: ServiceBackend, needsSuccessorWith handshake: Handshake)
  /// A request or notification that belongs to no pending request.
  func backend(
    _ backend: ServiceBackend, received line: UnsafeRawBufferPointer, _ envelope: Envelope)
  /// The server had forgotten its session, and there is a new one: what it was told is gone.
  func backendIsRenewed(_ backend: ServiceBackend)
  /// No further calls: its requests have been failed. The process may still run.
  func backendEnded(_ backend: ServiceBackend, _ ending: BackendEnding)
  /// The process group is gone and reaped.
  func backendIsGone(_ backend: ServiceBackend)
  /// A request was answered or given up: another may be sent.
  func backendHasRoom(_ backend: ServiceBackend)
  /// It has refused a call in a way that says that its tools are other ones now.
  func backendDoubtsItsList(_ backend: ServiceBackend)
  /// It wrote a line on its stdout that is no message.
  func backendWroteJunk(_ backend: ServiceBackend)
}

/// Why a backend takes no more calls.
package enum BackendEnding: Hashable, Sendable {
  /// We stopped it.
  case stopped
  /// It ended, or closed its stdout, by itself after it was ready.
  case crashed(String)
  /// It never became ready.
  case failedToStart(String)
}

/// Times and limits of one backend.
package struct BackendSettings: Sendable {
  package var longestMessage: Int
  package var probeTime: Duration
  package var startTime: Duration
  package var stallTime: Duration
  /// Bytes that may wait for its stdin before that is watched.
  package var stallMark = 64 * 1024
  /// For a stop while the gateway goes on.
  package var patience: StopSequence.Patience
  /// What a legacy service is told that the client can be asked; a JSON object.
  package var clientCapabilities = Array("{}".utf8)

  package var errors: ErrorOutputLimits
  /// Takes out of what it says beside its messages what nobody else may know.
  package var redactor = Redactor([])

  package init(
    longestMessage: Int, probeTime: Duration, startTime: Duration, stallTime: Duration,
    patience: StopSequence.Patience, errors: ErrorOutputLimits
  ) {
    self.longestMessage = longestMessage
    self.probeTime = probeTime
    self.startTime = startTime
    self.stallTime = stallTime
    self.patience = patience
    self.errors = errors
  }
}
