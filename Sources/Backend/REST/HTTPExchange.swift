import HTTP
import Loop

/// One request and the whole of its answer, awaited.
///
/// Cancelling the task closes the transfer at once. The body is collected as it comes, in a block
/// of its declared length where there is one.
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
  private var continuation: CheckedContinuation<Outcome, Never>?

  private init(limit: Int, onSent: @escaping @EventLoop (Int) -> Void) {
    self.limit = limit
    self.onSent = onSent
  }

  /// - Parameter onSent: hears how many bytes of a large body have gone out.
  static func run(
    _ request: HTTPRequest, on client: HTTPClient, onSent: @escaping @EventLoop (Int) -> Void
  ) async -> Outcome {
    let exchange = HTTPExchange(limit: request.limits.responseBytes, onSent: onSent)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
        exchange.continuation = continuation
        exchange.transfer = client.start(request, events: exchange)
      }
    } onCancel: {
      EventLoop.onLoop { exchange.cancel() }
    }
  }

  private func cancel() {
    guard continuation != nil else { return }
    transfer?.cancel()
    end(.cancelled)
  }

  private func end(_ outcome: Outcome) {
    transfer = nil
    let waiting = continuation
    continuation = nil
    waiting?.resume(returning: outcome)
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
      end(.answer(RESTAnswer(head: head, body: body)))
    case .failure(let error): end(.failure(error))
    }
    body = []
  }
}
