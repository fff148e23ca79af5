import Loop

/// A whole response, in memory.
package struct HTTPResponse: Hashable, Sendable {
  package var head: HTTPResponseHead
  package var body: [UInt8]
}

extension HTTPClient {
  /// Collects the body (at most `limits.responseBytes`) and calls `completion` once, never within
  /// this call and not at all after `cancel`.
  @discardableResult
  package func fetch(
    _ request: HTTPRequest,
    completion: @escaping @EventLoop (Result<HTTPResponse, HTTPError>) -> Void
  ) -> HTTPTransfer {
    start(request, events: ResponseCollector(completion))
  }
}

/// Keeps a response until it is whole.
@EventLoop
private final class ResponseCollector: HTTPTransferEvents {
  private let completion: @EventLoop (Result<HTTPResponse, HTTPError>) -> Void
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  init(_ completion: @escaping @EventLoop (Result<HTTPResponse, HTTPError>) -> Void) {
    self.completion = completion
  }

  func responded(_ head: HTTPResponseHead) { self.head = head }

  func received(_ bytes: UnsafeRawBufferPointer) { body.append(contentsOf: bytes) }

  func finished(_ outcome: Result<Void, HTTPError>) {
    completion(
      outcome.flatMap {
        guard let head else {
          let error = HTTPError(.protocolViolation, .maybeSent, "the server sent no answer")
          return .failure(error)
        }
        return .success(HTTPResponse(head: head, body: body))
      })
  }
}
