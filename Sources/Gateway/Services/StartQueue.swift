import Loop

/// Lets only so many services start at the same time (row B37).
///
/// A slot is held from the spawn until the service is ready or has failed, so
/// that two hundred manifests do not become two hundred interpreters at once. A
/// deadline counts from the own start and never from the wait for a slot.
@EventLoop
final class StartQueue {
  private var limit: Int
  private var running = 0
  private var waiting: [(owner: ObjectIdentifier, start: @EventLoop () -> Void)] = []

  init(limit: Int) { self.limit = limit }

  /// Calls `start` now or when a slot is free.
  func enter(_ owner: AnyObject, _ start: @escaping @EventLoop () -> Void) {
    guard running >= limit else {
      running += 1
      return start()
    }
    waiting.append((ObjectIdentifier(owner), start))
  }

  /// From now on; what has a slot keeps it.
  func change(limit: Int) {
    self.limit = limit
    while running < limit, !waiting.isEmpty {
      running += 1
      waiting.removeFirst().start()
    }
  }

  /// Gives a slot back that `enter` has granted.
  func leave() {
    running -= 1
    guard running < limit, !waiting.isEmpty else { return }
    running += 1
    waiting.removeFirst().start()
  }

  /// Forgets a wait that is no longer wanted.
  func withdraw(_ owner: AnyObject) {
    waiting.removeAll { $0.owner == ObjectIdentifier(owner) }
  }
}
