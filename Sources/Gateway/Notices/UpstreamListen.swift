import Backend
import Loop
import MCP
import RawJSON

/// One `subscriptions/listen` of ours at a modern service, open until it is replaced.
@EventLoop
final class UpstreamListen: Exchange {
  let id: UInt64
  let uris: Set<[UInt8]>
  /// Who waits for its acknowledgement.
  var requests: [WatchRequest]
  private let backend: ServiceBackend
  private unowned let feed: ServiceFeed
  private var isOpen = true

  /// Opens it on `backend`, where it counts as standing: it keeps no process busy.
  init(
    on backend: ServiceBackend, feed: ServiceFeed, lists: [Announcement], uris: Set<[UInt8]>,
    tasks: Set<[UInt8]>, requests: [WatchRequest]
  ) {
    id = backend.nextID
    self.backend = backend
    self.feed = feed
    self.uris = uris
    self.requests = requests
    backend.standing += 1
    backend.send(
      Messages.listen(
        id, to: lists.map(\.filter), uris: uris.sorted(by: isBefore),
        tasks: tasks.sorted(by: isBefore)), for: self)
  }

  /// Ends it at the service.
  func cancel() {
    guard close() else { return }
    backend.cancel(id, reason: "replaced")
  }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard close() else { return }
    if envelope.kind == .failure {
      let waiting = requests
      requests = []
      for request in waiting { request.answered(line, envelope) }
    }
    feed.listenEnded(self, wasRefused: envelope.kind == .failure)
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  func failed(_ failure: BackendFailure) {
    guard close() else { return }
    let waiting = requests
    requests = []
    for request in waiting { request.failed(failure) }
    // A remote server goes on without the stream that was cut: it is opened again.
    feed.listenEnded(self, wasRefused: !backend.isAccepting)
  }

  private func close() -> Bool {
    guard isOpen else { return false }
    isOpen = false
    backend.standing -= 1
    return true
  }
}

private func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.lexicographicallyPrecedes(right)
}
