import Loop

/// Holds requests back while the client does not read what it has been sent, so that answers of
/// APIs do not pile up in memory (promise I4).
@EventLoop
final class Valve {
  private var isClosed = false
  private var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
  private var last = 0

  init() {}

  func set(closed: Bool) {
    isClosed = closed
    guard !closed else { return }
    let all = waiting
    waiting = [:]
    for (_, continuation) in all { continuation.resume(returning: true) }
  }

  var isOpen: Bool { !isClosed }

  /// Returns true once it is open, false when the task is cancelled.
  func pass() async -> Bool {
    guard isClosed else { return true }
    last += 1
    let number = last
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: false) }
        waiting[number] = continuation
      }
    } onCancel: {
      EventLoop.onLoop { self.waiting.removeValue(forKey: number)?.resume(returning: false) }
    }
  }
}
