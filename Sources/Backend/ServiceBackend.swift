package import Loop
package import MCP
package import RawJSON
package import Resilience
import Telemetry

/// One live connection to a service, whatever it runs over: a child process or a remote server.
///
/// It pairs replies with requests (`PendingTable`), and tells its delegate what comes unasked and
/// how it ends. Subclasses carry the messages: `ProcessBackend` over pipes, `RemoteBackend` over
/// HTTP. What is on the way of every call is final here, or one dispatch through the class.
@EventLoop
package class ServiceBackend {
  /// What the service said of itself when the connection was opened.
  package struct Introduction: Hashable, Sendable {
    package var revision: Revision
    /// JSON objects as the service wrote them; empty if it said nothing.
    package var capabilities: [UInt8] = []
    package var serverInfo: [UInt8] = []
    /// Decoded text; nil if it said nothing.
    package var instructions: [UInt8]?

    package init(
      revision: Revision, capabilities: [UInt8] = [], serverInfo: [UInt8] = [],
      instructions: [UInt8]? = nil
    ) {
      self.revision = revision
      self.capabilities = capabilities
      self.serverInfo = serverInfo
      self.instructions = instructions
    }
  }

  struct Pending {
    let exchange: any Exchange
    /// How far the writer must get until the request counts as sent; for pipes only.
    var endsAt: Int
  }

  package final let service: String
  package final var introduction: Introduction? {
    didSet { revision = introduction?.revision ?? .newestLegacy }
  }
  /// What is spoken with it; the newest legacy revision until that is known.
  package final private(set) var revision = Revision.newestLegacy
  package final var isAccepting = false
  final let settings: BackendSettings
  final let log: Log
  /// The service, which lets go of the backend when it is gone.
  final let delegate: any ServiceBackendDelegate

  final var pending = PendingTable<Pending>(firstID: UInt32.random(in: 1 ... .max))
  final var junk = JunkCounter()

  /// Requests that wait for an answer, our own included, but for standing ones.
  package final var inFlight: Int { pending.count - standing }
  /// Requests that stay open on purpose, and keep the service neither busy nor awake.
  package final var standing = 0
  /// Who waits for an answer, in the order in which they asked.
  package final var exchanges: [any Exchange] { pending.all.map(\.exchange) }
  /// What it was told that the client can be asked, if it was told in `initialize`.
  package final var clientCapabilities: [UInt8] { settings.clientCapabilities }
  /// The id under which the next request must be written.
  package final var nextID: UInt64 { pending.nextID }

  init(
    service: String, settings: BackendSettings, delegate: any ServiceBackendDelegate, log: Log
  ) {
    self.service = service
    self.settings = settings
    self.delegate = delegate
    self.log = log
  }

  // What subclasses do. A backend that is none of them carries nothing.

  /// Bytes that have not gone out yet.
  package var queuedBytes: Int { 0 }
  /// The process behind it, if it is one of ours.
  package var identity: ProcessIdentity? { nil }
  /// Whether the verdict on its era rests on what it said or did, and not on its silence.
  package var isEraCertain: Bool { true }
  /// Where it is, for the log: a name and a value without secrets.
  package var place: (name: StaticString, value: String) { ("pid", "0") }

  /// Writes a line with edits that carries `nextID`, and awaits its answer. The splice stays as it
  /// is; it is lent and not copied.
  package func send(
    _ line: UnsafeRawBufferPointer, edited splice: inout Splice, for exchange: any Exchange
  ) {}

  /// Writes a request of our own.
  package func send(_ message: [UInt8], for exchange: any Exchange) {}

  /// Writes a notification or an answer.
  package func write(_ message: [UInt8]) {}

  /// Gives a request up: the service is told, and its late reply is dropped.
  package func cancel(_ id: UInt64, reason: StaticString) {}

  /// Reads the service no more, or again: the client is slow.
  package func setPaused(_ isPaused: Bool) {}

  /// Takes no more calls and ends in order.
  package func stop(_ patience: StopSequence.Patience) {}

  /// Ends what is of no use any more, as if it had ended by itself.
  ///
  /// - Parameter why: one sentence for the errors of what is in flight.
  package func giveUp(_ why: String) {}

  /// Why a tool that it has listed cannot be called over its transport; nil if it can.
  package func complaint(aboutTool json: [UInt8]) -> String? { nil }

  /// An answer has come while it takes no more requests.
  func answeredLate() {}
}
