import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// What a call needs beyond others because its service may ask the client something; most calls
/// never have one.
@EventLoop
final class CallInput {
  /// A question of a legacy service that its modern client is asked by `input_required`.
  struct Waiting {
    /// The service's id of its request, as JSON.
    let id: [UInt8]
    let question: Question
    /// The key of the question in `inputRequests`; absent until it was asked.
    var key: [UInt8]?
  }

  /// What the service said while nobody waited for it.
  enum Outcome {
    case line([UInt8])
    case failure(BackendFailure)
  }

  /// How often the client has been asked, all questions at once counting as one.
  var rounds = 0
  /// The client's request, kept so that it can be tried again with answers.
  var original: [UInt8] = []
  /// The questions of a modern service that are with the client.
  var round: InputRound?
  var waiting: [Waiting] = []
  /// Keys that were given out.
  var keys = 0
  /// The client has been answered `input_required` and has not come back.
  var isParked = false
  var outcome: Outcome?
  /// Bytes that count against `ReverseRequests.keptBytes`.
  var kept = 0
}
