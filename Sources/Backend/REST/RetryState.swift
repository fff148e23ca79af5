import Glibc
import HTTP
import Loop
import Manifest
import Resilience

/// What became of one request so far, and whether it goes out again.
@EventLoop
struct RetryState {
  /// Times that an API may refuse one request for its rate.
  private static let mostRejections = 20
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(2)

  /// Of the attempt that the API rejected: keeps the place in the queue.
  private(set) var ticket: RateLane.Ticket?
  private var failures = 0
  private var rejections = 0
  /// An attempt may have been executed; what becomes of later ones does not change that.
  private var wasSent = false
  /// It counts against the budget of the service; to be given back when it has ended.
  private(set) var isRetry = false

  init() {}

  /// Returns when the request should go out again.
  ///
  /// - Throws: the failure, if it should not.
  mutating func prepare(
    after error: HTTPError, _ sending: Sending, on backend: RESTBackend, for run: RESTRun
  ) async throws(RESTFailure) {
    failures += 1
    ticket = nil
    let isSafe = error.wasSent == .notSent || sending.isRepeatable
    wasSent = wasSent || error.wasSent == .maybeSent
    var failure = RESTFailure(error, service: backend.service, at: backend.api.address)
    if wasSent { failure.noteSent() }
    guard isSafe, error.isTransient, failures < backend.api.connections.attempts,
      isWithinBudget(of: backend)
    else { throw failure }
    try await pause(for: run, or: failure)
  }

  mutating func prepare(
    after answer: RESTAnswer, _ ticket: RateLane.Ticket, _ sending: Sending,
    on backend: RESTBackend, for run: RESTRun
  ) async throws(RESTFailure) {
    let field = answer.head.value(of: "retry-after")
    let delay = field.flatMap {
      RetryAfter.delay($0, date: answer.head.value(of: "date"), wallClock: Self.wallClock)
    }
    func failure(_ retryAfter: Duration?) -> RESTFailure {
      ErrorAnswer.failure(
        answer, service: backend.service, shape: backend.api.errors, retryAfter: retryAfter)
    }
    let isRejected = answer.status == 429 || (answer.status == 503 && delay != nil)
    if isRejected {
      backend.rejected(retryAfter: delay)
      rejections += 1
      let left = backend.pauseLeft ?? .zero
      guard EventLoop.now + left < run.deadline, rejections <= Self.mostRejections else {
        throw failure(left)
      }
      self.ticket = ticket
      return
    }
    failures += 1
    wasSent = true
    self.ticket = nil
    guard sending.isRepeatable, (502...504).contains(answer.status),
      failures < backend.api.connections.attempts, isWithinBudget(of: backend)
    else { throw failure(nil) }
    try await pause(for: run, or: failure(nil))
  }

  /// A service that fails every request must not get all of them again. What it refused for its
  /// rate is not counted: the lane says when that goes out.
  private mutating func isWithinBudget(of backend: RESTBackend) -> Bool {
    if !isRetry { isRetry = backend.takeRetry() }
    return isRetry
  }

  /// Full jitter: a crowd that failed together does not come back together.
  private func pause(for run: RESTRun, or failure: RESTFailure) async throws(RESTFailure) {
    let ceiling = min(Self.firstPause * (1 << min(failures, 6)), Self.longestPause)
    let pause = ceiling * Double.random(in: 0..<1)
    guard EventLoop.now + pause < run.deadline else { throw failure }
    run.retries(failures, failure)
    guard await Pause.over(pause) else { throw .cancelled }
  }

  private static var wallClock: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }
}

/// Waiting on the loop.
@EventLoop
final class Pause {
  private var continuation: CheckedContinuation<Bool, Never>?
  private var timer: LoopTimer?

  private init() {}

  /// Returns true after `time`, false at once when the task is cancelled.
  static func over(_ time: Duration) async -> Bool {
    let pause = Pause()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: false) }
        pause.continuation = continuation
        let timer = LoopTimer { [unowned pause] in pause.end(true) }
        timer.start(after: time)
        pause.timer = timer
      }
    } onCancel: {
      EventLoop.onLoop { pause.end(false) }
    }
  }

  private func end(_ isOver: Bool) {
    timer?.stop()
    let waiting = continuation
    continuation = nil
    waiting?.resume(returning: isOver)
  }
}
