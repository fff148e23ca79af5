import Loop
import MCP
import RawJSON
import Telemetry

extension Gateway {
  /// The client's own span, of `_meta.traceparent` (SEP-414); the service gets it unchanged.
  func traceParent(of request: Incoming) -> TraceParent? {
    let meta = request.envelope.meta
    guard !meta.isAbsent else { return nil }
    let bytes = request.line.bytes
    return JSON.string(JSON.member("traceparent", of: meta, in: bytes), in: bytes)
      .flatMap { TraceParent($0) }
  }
}
