import Synchronization

/// The calls whose handlers run, by id.
final class CallTable: Sendable {
  /// Above this many calls at once the next one is refused.
  static let limit = 1024

  enum Admission { case accepted, duplicate, full }

  private struct State {
    var calls: [[UInt8]: Call] = [:]
    /// Calls whose answer is not out yet; their ids may be free again already.
    var running = 0
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Enters a call, unless its id is in use or there are too many.
  func admit(_ call: Call) -> Admission {
    state.withLock { state in
      if state.calls[call.id] != nil { return .duplicate }
      if state.calls.count >= Self.limit { return .full }
      state.calls[call.id] = call
      state.running += 1
      return .accepted
    }
  }

  /// Frees the id of a call. Comes before its answer goes out, because the client
  /// may use the id again as soon as it has read that.
  func release(_ id: [UInt8]) {
    state.withLock { $0.calls[id] = nil }
  }

  /// Counts a call as done. Comes after its answer went out, because the process
  /// may end as soon as none is left.
  func finish() {
    state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.running -= 1
      return state.running == 0 ? state.waiting.take() : nil
    }?.resume()
  }

  /// Cancels one call; an id that is unknown or done is ignored.
  func cancel(_ id: [UInt8]) {
    state.withLock { $0.calls[id] }?.cancel()
  }

  /// Waits until no call is left, but not longer than `patience`; then cancels the rest.
  func drain(patience: Duration) async {
    let idle = Task { await untilIdle() }
    let timer = Task {
      try? await Task.sleep(for: patience)
      giveUp()
    }
    await idle.value
    timer.cancel()
    for call in state.withLock({ Array($0.calls.values) }) { call.cancel() }
  }

  private func untilIdle() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.running == 0 { return true }
        state.waiting = continuation
        return false
      }
      if isIdle { continuation.resume() }
    }
  }

  private func giveUp() {
    state.withLock { $0.waiting.take() }?.resume()
  }
}
