import MCP
import RawJSON
import Synchronization

/// What a handler knows of the call that it answers.
public struct CallContext: Sendable {
  let call: Call

  /// Whether the client has cancelled the call; the task is cancelled too.
  ///
  /// Nothing the handler returns after that is sent.
  public var isCancelled: Bool { call.isCancelled }

  /// Whether the client asked to be told how the call is going.
  public var wantsProgress: Bool { call.progressToken != nil }

  /// Throws when the client has cancelled the call.
  public func checkCancellation() throws {
    if isCancelled { throw CancellationError() }
  }

  /// Tells the client how far the call is.
  ///
  /// Does nothing unless the client asked for progress, and nothing when `progress`
  /// is not above what was reported last: clients may rely on it going up.
  /// Waits while the client does not read.
  /// - Parameters:
  ///   - progress: how much is done, in whatever unit `total` has.
  ///   - total: how much there is to do, if that is known.
  ///   - message: what is being done, for people.
  public func report(_ progress: Double, of total: Double? = nil, message: String? = nil) {
    call.report(progress, of: total, message: message)
  }
}

/// A request whose handler runs.
final class Call: Sendable {
  private struct State {
    var isCancelled = false
    var isAnswered = false
    var lastProgress = -Double.infinity
    var task: Task<Void, Never>?
  }

  /// The id as the client wrote it.
  let id: [UInt8]
  /// The token as the client wrote it, or nil when it wants no progress.
  let progressToken: [UInt8]?
  private let output: Output
  private let state = Mutex(State())

  init(id: [UInt8], progressToken: [UInt8]?, output: Output) {
    self.id = id
    self.progressToken = progressToken
    self.output = output
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Takes the task that runs the handler, which may have ended already.
  func started(_ task: Task<Void, Never>) {
    let isLate = state.withLock { state in
      if !state.isAnswered { state.task = task }
      return state.isCancelled
    }
    if isLate { task.cancel() }
  }

  func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task.take()
    }
    task?.cancel()
  }

  /// Runs `send` unless the call was cancelled; no progress follows.
  ///
  /// The lock is held while writing, so that neither a cancel nor a report of
  /// progress can come between the decision and the bytes.
  func answer(_ send: (Bool) -> Void) {
    state.withLock { state in
      state.isAnswered = true
      state.task = nil
      send(!state.isCancelled)
    }
  }

  func report(_ progress: Double, of total: Double?, message: String?) {
    guard let progressToken, progress.isFinite else { return }
    state.withLock { state in
      guard !state.isAnswered, !state.isCancelled, progress > state.lastProgress else { return }
      state.lastProgress = progress
      var line = Array(#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"#.utf8)
      line += Array(#""progressToken":"#.utf8) + progressToken
      line += Array(#","progress":\#(progress.jsonText)"#.utf8)
      if let total, total.isFinite { line += Array(#","total":\#(total.jsonText)"#.utf8) }
      if let message {
        line += Array(#","message":"#.utf8)
        JSON.appendQuoted(message.utf8, to: &line)
      }
      output.write(line + Array("}}".utf8))
    }
  }
}
