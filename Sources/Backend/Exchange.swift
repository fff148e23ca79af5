/// Backend: live connections to services.
///
/// A *backend* is one incarnation of a service: one child process, from its
/// start to its death, or one session with a remote server. It has its own table
/// of pending requests and its own ids, so a reply can only ever complete a
/// request that went the same way (reliability 2.1). What a reply means is not
/// decided here: the owner of a request is an `Exchange` and gets the raw line.
///
/// ```
///   Exchange ──send──▶ ServiceBackend ──▶ ProcessBackend ──stdin──▶ child
///      ▲                 │ PendingTable └▶ RemoteBackend ──POST──▶ server
///      └─answered/failed─┘◀──stdout, or the answer's body──
/// ```
///
/// Costs: one table entry a request; a line is validated once and never copied.
package import Loop
package import MCP

/// The owner of one request that went to a backend.
///
/// Exactly one of `answered` and `failed` is called, once, unless the owner
/// abandoned the request before.
@EventLoop
package protocol Exchange: AnyObject {
  /// The backend's result or error. `line` is valid during the call only.
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope)
  /// A `notifications/progress` with this request's token.
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope)
  /// The backend will not answer any more.
  func failed(_ failure: BackendFailure)
  /// Something came that would be the answer if its id were right; the request goes on waiting.
  func missed(_ hint: String)
}

extension Exchange {
  package func missed(_ hint: String) {}
}

/// Why a backend could not answer a request.
package struct BackendFailure: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// The connection ended: process exit, closed pipe.
    case lost
    /// The answer broke the protocol: not JSON, oversized, both result and error.
    case protocolError
    /// The queue to the backend's stdin is full.
    case overloaded
    /// The service cannot be started, or is not allowed to start just now.
    case unavailable
    /// It has failed too often and is left alone for a while (reliability 2.3).
    case circuitOpen
    /// No file descriptor is left for another process (row R01).
    case descriptors
    /// The gateway is ending.
    case shuttingDown
  }

  package var reason: Reason
  /// Whether the whole line had been written: a line without its newline is no message.
  package var wasSent: Bool
  /// One sentence without secrets; bytes of the peer in it are escaped and bounded.
  package var detail: String
  /// When a new attempt makes sense, if that is known.
  package var retryAfter: Duration?
  /// The error object of JSON-RPC that the service gave as the reason; empty if it gave none.
  package var error: [UInt8] = []

  package init(
    _ reason: Reason, wasSent: Bool, detail: String, retryAfter: Duration? = nil
  ) {
    self.reason = reason
    self.wasSent = wasSent
    self.detail = detail
    self.retryAfter = retryAfter
  }
}
