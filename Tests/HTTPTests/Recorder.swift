import HTTP
import Loop

/// Events in the order in which they came; a test may react to each.
@EventLoop
final class EventRecorder: HTTPTransferEvents {
  enum Event: Hashable {
    case responded(Int)
    case received
    case sent(Int)
    case finished(HTTPError.Kind?)
  }

  private(set) var events: [Event] = []
  private(set) var head: HTTPResponseHead?
  private(set) var bytes: [UInt8] = []
  var onEvent: @EventLoop (Event) -> Void = { _ in }

  var outcome: Result<Void, HTTPError>?

  func responded(_ head: HTTPResponseHead) {
    self.head = head
    note(.responded(head.status))
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
    if events.last != .received { note(.received) } else { onEvent(.received) }
  }

  func sent(_ total: Int) { note(.sent(total)) }

  func finished(_ outcome: Result<Void, HTTPError>) {
    self.outcome = outcome
    if case .failure(let error) = outcome {
      note(.finished(error.kind))
    } else {
      note(.finished(nil))
    }
  }

  private func note(_ event: Event) {
    events.append(event)
    onEvent(event)
  }
}

/// A body that is given in pieces, some of them later.
@EventLoop
final class PiecedBody: HTTPBodySource {
  private var pieces: [HTTPBodyPiece]
  private(set) var reads = 0

  init(_ pieces: [HTTPBodyPiece]) { self.pieces = pieces }

  func read(into memory: UnsafeMutableRawBufferPointer) -> HTTPBodyPiece {
    reads += 1
    guard !pieces.isEmpty else { return .end }
    guard case .bytes(let count) = pieces.removeFirst() else { return pieceTaken }
    let part = min(count, memory.count)
    for index in 0..<part { memory[index] = 0x79 }
    if count > part { pieces.insert(.bytes(count - part), at: 0) }
    return .bytes(part)
  }

  private var pieceTaken: HTTPBodyPiece { reads > 0 ? .later : .end }
}
