import HTTP
import Loop

/// One request and the whole of its answer.
///
/// The body is collected as it comes, in a block of its declared length where there is one.
@EventLoop
final class HTTPExchange: HTTPTransferEvents {
  enum Outcome {
    case answer(RESTAnswer)
    case failure(HTTPError)
    case cancelled
  }

  private let limit: Int
  private let onSent: @EventLoop (Int) -> Void
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var transfer: HTTPTransfer?
  private var done: (@EventLoop (Outcome) -> Void)?

  /// Sends the request; `done` is called once, never within this call.
  ///
  /// - onSent: hears how many bytes of a large body have gone out.
  init(
    _ request: HTTPRequest, on client: HTTPClient, onSent: @escaping @EventLoop (Int) -> Void,
    done: @escaping @EventLoop (Outcome) -> Void
  ) {
    limit = request.limits.responseBytes
    self.onSent = onSent
    self.done = done
    transfer = client.start(request, events: self)
  }

  /// The same, awaited. Cancelling the task closes the transfer at once.
  static func run(
    _ request: HTTPRequest, on client: HTTPClient, onSent: @escaping @EventLoop (Int) -> Void
  ) async -> Outcome {
    let holder = Holder()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
        holder.exchange = HTTPExchange(
          request, on: client, onSent: onSent, done: { continuation.resume(returning: $0) })
      }
    } onCancel: {
      EventLoop.onLoop { holder.exchange?.cancel() }
    }
  }

  /// Closes the transfer; it ends as cancelled, within this call. Nothing happens after its end.
  func cancel() {
    guard done != nil else { return }
    transfer?.cancel()
    end(.cancelled)
  }

  private func end(_ outcome: Outcome) {
    transfer = nil
    let done = done
    self.done = nil
    done?(outcome)
  }

  /// For a cancel that may come before the exchange is there.
  @EventLoop
  private final class Holder {
    var exchange: HTTPExchange?
  }

  // MARK: HTTPTransferEvents

  func responded(_ head: HTTPResponseHead) {
    self.head = head
    guard let length = head.value(of: "content-length").flatMap({ Int($0) }) else { return }
    if length > 0, length <= limit { body.reserveCapacity(length) }
  }

  func received(_ bytes: UnsafeRawBufferPointer) { body.append(contentsOf: bytes) }

  func sent(_ total: Int) { onSent(total) }

  func finished(_ outcome: Result<Void, HTTPError>) {
    switch outcome {
    case .success:
      guard let head else {
        return end(.failure(HTTPError(.protocolViolation, .maybeSent, "No answer came.")))
      }
      let answer = RESTAnswer(head: head, body: body)
      body = []
      end(.answer(answer))
    case .failure(let error):
      body = []
      end(.failure(error))
    }
  }
}
