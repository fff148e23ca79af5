import Loop
import MCP
import Resilience

/// A request that waits until services that were never seen have been asked what
/// they offer: the first list, or a call to a name that nobody knows yet.
@EventLoop
final class ParkedRequest: ClientRequest {
  let deadline: Instant
  private let line: [UInt8]
  private var request: Incoming
  private unowned let session: ClientSession
  private let forget: @EventLoop (ParkedRequest) -> Void
  private var isDone = false

  init(
    _ request: Incoming, of session: ClientSession, until deadline: Instant,
    forget: @escaping @EventLoop (ParkedRequest) -> Void
  ) {
    line = Array(request.line)
    self.request = request
    self.session = session
    self.deadline = deadline
    self.forget = forget
    session.ledger.open(request.id, self)
  }

  var method: Method { request.envelope.method }

  /// Serves the request with what is known now.
  func resume() {
    guard !isDone else { return }
    isDone = true
    forget(self)
    guard session.ledger.close(request.id) else { return }
    request.hasWaited = true
    line.withUnsafeBytes { bytes in
      request.line = bytes
      session.delegate?.serve(request, of: session)
    }
  }

  /// Asks `isKnown` about the request, whose line is kept here.
  func leadsSomewhere(_ isKnown: (Incoming) -> Bool) -> Bool {
    line.withUnsafeBytes { bytes in
      var request = self.request
      request.line = bytes
      return isKnown(request)
    }
  }

  func deadlineReached(at now: Instant) { if now >= deadline { resume() } }

  func cancelled() {
    isDone = true
    forget(self)
  }

  func abandoned() { resume() }
}
