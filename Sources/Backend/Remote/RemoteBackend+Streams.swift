import HTTP
import Loop
import MCP
import Resilience
import Telemetry

/// Streams that a legacy server speaks on: the one beside the requests, and those of requests that
/// were cut and go on behind their last event.
extension RemoteBackend {
  /// Before a stream is asked for again, where the server does not say.
  static let usualRetry = Duration.milliseconds(500)
  /// A server's `retry` is obeyed up to here: a client waits.
  static let longestRetry = Duration.seconds(30)
  /// Resumptions in a row that bring nothing.
  static let mostFruitless = 5

  /// Opens the stream beside the requests, or the one of HTTP+SSE.
  func openStream() {
    guard ending == nil, stream == nil, !streamIsRefused else { return }
    let request = RemoteRequest(.stream, isOfHandshake: !isAccepting, of: self)
    stream = request
    begin(request)
  }

  func streamEnded(_ request: RemoteRequest, _ outcome: Result<Void, HTTPError>) {
    guard ending == nil, stream === request else { return }
    stream = nil
    let isAnswer = if case .success = outcome { true } else { false }
    if !isAccepting || handshake.usesStream { return onlyStreamEnded(request, outcome) }
    if isAnswer, request.status == 404, sessionID != nil { return renew() }
    // Most servers have none: 405.
    if isAnswer, request.reading != .events, Self.isVerdict(request.status) || request.isSuccess {
      streamIsRefused = true
      return
    }
    let wait = min(max(request.retry ?? Self.usualRetry, .milliseconds(50)), Self.longestRetry)
    let timer = streamTimer ?? LoopTimer { [unowned self] in openStream() }
    streamTimer = timer
    timer.start(after: wait)
  }

  /// Without its one stream a connection of HTTP+SSE is over.
  private func onlyStreamEnded(_ request: RemoteRequest, _ outcome: Result<Void, HTTPError>) {
    if isAccepting { return end(.crashed("\(subject) ended its stream while it was in use.")) }
    switch outcome {
    case .failure(let error):
      end(.failedToStart(BackendFailure(error, from: subject).detail))
    case .success where request.reading == .events:
      end(.failedToStart("\(subject) ended its stream before it was ready."))
    case .success where request.isSuccess || Self.isVerdict(request.status):
      perform(handshake.streamRefused())
    case .success:
      end(.failedToStart(refusal(request, request.takeCollected()).detail))
    }
  }

  /// Goes on with a stream that was cut before its answer, behind its last event (2025-03-26 and
  /// later); says whether it does.
  func resumes(_ request: RemoteRequest) -> Bool {
    guard !isModern, !handshake.usesStream, !request.resumesFrom.isEmpty,
      request.reading == .events || request.isResumption,
      request.fruitlessResumptions < Self.mostFruitless
    else { return false }
    request.fruitlessResumptions += 1
    let wait = min(max(request.retry ?? Self.usualRetry, .milliseconds(50)), Self.longestRetry)
    let timer = LoopTimer { [unowned self] in resume(request) }
    resumptions[ObjectIdentifier(request)] = timer
    timer.start(after: wait)
    return true
  }

  private func resume(_ request: RemoteRequest) {
    resumptions.removeValue(forKey: ObjectIdentifier(request))
    // It may have been cancelled meanwhile.
    guard ending == nil, let id = request.id, requests[id] === request else { return }
    begin(request)
  }
}
