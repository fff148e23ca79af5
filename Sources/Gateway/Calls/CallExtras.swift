import Loop
import MCP
import Telemetry

/// What only some calls have: those that wait, that are asked for something, whose client is slow.
@EventLoop
final class CallExtras {
  /// What the service calls the thing that the request is about, as JSON, where no entry of the
  /// catalogue tells.
  var ownName: [UInt8]?
  /// The service's own state, as JSON, where the client brings it back; else empty.
  var requestState: [UInt8] = []
  /// What is asked of the client in the course of the call, if anything is or may be.
  var input: CallInput?
  /// The task that the gateway has made of the call; its answer goes there.
  var ownTask: OfferedTask?
  /// Why no answer will come, if that is known before the deadline.
  var hint: String?
  /// The line, kept only while the call waits for a backend.
  var kept: (line: [UInt8], envelope: Envelope)?
  /// The newest progress that the client was too slow for.
  var heldProgress: [UInt8]?
  /// The task of a service that is waited for, of which the client knows nothing.
  var pursuit: TaskPursuit?
  /// Where the result of a read is kept; nil where it is not.
  var read: KeptRead?
  /// The client's span, where spans are wanted.
  var trace: TraceParent?
}

extension Call {
  func needExtras() -> CallExtras {
    if let extras { return extras }
    let extras = CallExtras()
    self.extras = extras
    return extras
  }

  var input: CallInput? { extras?.input }
  var ownTask: OfferedTask? {
    get { extras?.ownTask }
    set { needExtras().ownTask = newValue }
  }
}
