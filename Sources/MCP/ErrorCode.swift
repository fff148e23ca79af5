/// The codes in `error.code` that Switchyard sends or tells apart.
///
/// Codes of our own lie outside -32768...-32000, which JSON-RPC reserves.
package enum ErrorCode: Int, CaseIterable, Sendable {
  // JSON-RPC 2.0 section 5.1.

  /// The line is not JSON.
  case parse = -32700
  /// The line is JSON but no message, or a batch where none is allowed.
  case invalidRequest = -32600
  /// The method is unknown, or belongs to a capability that was not offered.
  case methodNotFound = -32601
  /// Unknown tool, prompt or cursor; missing or wrong parameters.
  case invalidParams = -32602
  /// A fault of the gateway itself; no test may ever see it.
  case internalError = -32603

  // MCP.

  /// No such resource; before 2026-07-28 only, `invalidParams` since.
  case resourceNotFound = -32002
  /// An HTTP header contradicts the body (2026-07-28).
  case headerMismatch = -32020
  /// The request needs a capability that the client did not declare (2026-07-28).
  case missingClientCapability = -32021
  /// `data.supported` lists the revisions that are spoken (2026-07-28).
  case unsupportedProtocolVersion = -32022
  /// The user has to visit a URL first; 2025-11-25 only.
  case urlElicitationRequired = -32042

  // The gateway.

  /// The backend cannot be reached; the request was not sent.
  case backendUnavailable = -31001
  /// The backend went away after the request was sent; the outcome is unknown.
  case backendLost = -31002
  /// The deadline has passed.
  case timeout = -31003
  /// A limit is reached; the request was not sent.
  case overloaded = -31004
  /// The backend answered with something that is not the protocol.
  case backendProtocolError = -31005
  /// The operator's rules forbid the call.
  case deniedByPolicy = -31006
  /// Every candidate is out of service for now; the request was not sent.
  case circuitOpen = -31007
  /// The tool exists but the configuration switches it off.
  case toolDisabled = -31008
  /// The gateway is about to end; the request was not sent.
  case shuttingDown = -31009

  /// Whether the code is one of the gateway's own, and never a peer's.
  package var isGatewayOwn: Bool { (-31009 ... -31001).contains(rawValue) }
}
