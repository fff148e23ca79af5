import Glibc
import Loop
package import Testing

/// The loop for tests: they run on any thread, so one thread of its own runs
/// it, from its first use to the end of the test process.
package enum LoopThread {
  private static let started: Void = {
    signal(SIGPIPE, SIG_IGN)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        EventLoop.run()
        return nil
      }, nil)
  }()

  /// Starts the loop unless it runs already.
  package static func start() { started }
}

/// Starts the loop before each test of a suite: `@Suite(.eventLoop)`, whose
/// tests may then be isolated to `@EventLoop`.
package struct EventLoopTrait: SuiteTrait, TestTrait {
  package let isRecursive = true

  package func prepare(for test: Test) async throws { LoopThread.start() }
}

extension Trait where Self == EventLoopTrait {
  package static var eventLoop: Self { EventLoopTrait() }
}
