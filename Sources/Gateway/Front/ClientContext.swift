import Loop
import MCP
import Resilience

/// In which era one request was made, and what that means for its answers.
///
/// Decided for every message from that message alone (protocol.md 5.2): a pipe
/// is never pinned, because hosts probe with one era and go on in the other.
struct ClientContext {
  var revision: Revision
  /// What the client has declared that it can be asked.
  var profile = ClientProfile.none
  var era: Era { revision.era }
}

/// What a request in flight can be asked to do by the session that holds it.
@EventLoop
protocol ClientRequest: AnyObject {
  /// The client does not want the answer any more; none may be sent.
  func cancelled()
  /// When it must have been answered.
  var deadline: Instant { get }
  /// The deadline has passed, or progress has moved it: answers, or returns the new one.
  func deadlineReached(at now: Instant)
  /// The gateway ends: answer now.
  func abandoned()
  /// The client reads again: send the progress that it was too slow for, if there is any.
  func releaseProgress()
}

extension ClientRequest {
  func releaseProgress() {}
}
