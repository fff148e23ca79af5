package import Loop

/// The connections to one origin, and the requests that use or wait for them.
@EventLoop
package final class HTTPClient {
  package let origin: HTTPOrigin

  /// Opens nothing and loads nothing; libcurl is loaded by the first `start` in the process.
  ///
  /// - connections: open at the same time at most.
  /// - queue: requests that may wait for one of them; more end with `overloaded`.
  package init(origin: HTTPOrigin, connections: Int, queue: Int = 1024) {
    self.origin = origin
  }

  /// Sends a request as soon as a connection is free. `events` is kept until the end.
  package func start(_ request: HTTPRequest, events: any HTTPTransferEvents) -> HTTPTransfer {
    HTTPTransfer()
  }

  /// Ends every transfer with `cancelled` and closes the connections. Later requests end alike.
  package func close() {}
}

/// A request under way.
@EventLoop
package final class HTTPTransfer {
  /// Closes the transfer's connection (its stream with HTTP/2) at once, or takes it out of the
  /// queue. No event comes afterwards, `finished` included. Does nothing after the end.
  package func cancel() {}

  /// No `received` comes until `resume`, but for what is being delivered now.
  package func pause() {}

  package func resume() {}

  /// The body source that said `later` has something to say.
  package func bodyIsReady() {}
}

/// A whole response, in memory.
package struct HTTPResponse: Hashable, Sendable {
  package var head: HTTPResponseHead
  package var body: [UInt8]
}

extension HTTPClient {
  /// Collects the body (at most `limits.responseBytes`) and calls `completion` once, never within
  /// this call and not at all after `cancel`.
  package func fetch(
    _ request: HTTPRequest,
    completion: @escaping @EventLoop (Result<HTTPResponse, HTTPError>) -> Void
  ) -> HTTPTransfer {
    HTTPTransfer()
  }
}
