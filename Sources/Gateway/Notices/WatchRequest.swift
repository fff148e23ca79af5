import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// The question whether a service will tell when one of its resources, or tasks, changes.
///
/// A legacy service is asked by `resources/subscribe`, a modern one by another
/// `subscriptions/listen`. It is answered exactly once, in bounded time.
@EventLoop
final class WatchRequest: ServiceRequest {
  enum Outcome {
    case agreed
    /// The service's own error, as JSON.
    case refused([UInt8])
    case failed(BackendFailure)
  }

  /// What is watched.
  enum Subject { case resource, task }

  /// The URI, or the id, as the service knows it.
  let uri: [UInt8]
  let subject: Subject
  private unowned let feed: ServiceFeed
  private var finish: (@EventLoop (Outcome) -> Void)?
  private var timer: LoopTimer?
  /// Counted from when the service has it.
  static let patience = Duration.seconds(10)

  init(
    _ uri: [UInt8], subject: Subject = .resource, feed: ServiceFeed,
    finish: @escaping @EventLoop (Outcome) -> Void
  ) {
    self.uri = uri
    self.subject = subject
    self.feed = feed
    self.finish = finish
  }

  func send(on backend: ServiceBackend) {
    let timer = LoopTimer { [weak self] in self?.timeElapsed() }
    timer.start(after: Self.patience)
    self.timer = timer
    if backend.revision.era == .legacy, subject == .task {
      acknowledged(false)
    } else if backend.revision.era == .legacy {
      backend.send(Messages.subscribe(backend.nextID, to: uri), for: self)
    } else {
      feed.listen(for: self)
    }
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if envelope.kind == .result {
      end(.agreed)
    } else {
      end(.refused(JSON.copy(envelope.error, in: line.bytes)))
    }
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) { end(.failed(failure)) }

  /// A modern service has acknowledged the listen that asked for this, with or without it.
  func acknowledged(_ isHonoured: Bool) {
    if isHonoured { return end(.agreed) }
    let error = CallError.invalidParams(
      "Service '\(feed.service.name)' does not tell when this resource changes.",
      reason: "not_subscribable")
    end(.refused(error.json()))
  }

  private func timeElapsed() {
    let detail = "Service '\(feed.service.name)' did not answer within \(Self.patience)."
    end(.failed(BackendFailure(.lost, wasSent: true, detail: detail)))
  }

  private func end(_ outcome: Outcome) {
    timer?.stop()
    timer = nil
    guard let finish else { return }
    self.finish = nil
    finish(outcome)
  }
}

/// A request of our own whose answer changes nothing.
@EventLoop
final class UnheededExchange: Exchange {
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) {}
}
