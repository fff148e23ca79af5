import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// What the session hands requests and notifications to.
@EventLoop
protocol ClientSessionDelegate: AttemptObserver {
  /// Answers a line without reading it, because it is the one before it but for its id.
  func answersAgain(_ line: UnsafeRawBufferPointer, of session: ClientSession) -> Bool
  /// A request with a fresh id; answer it through the session, now or later.
  func serve(_ request: Incoming, of session: ClientSession)
  /// A notification other than `notifications/cancelled`.
  func noticed(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of session: ClientSession)
  /// The client has declared something new about itself.
  func clientIntroduced(_ profile: ClientProfile, of session: ClientSession)
  /// Any message that is a reason to get ready for calls.
  func clientIsActive(_ session: ClientSession)
  /// The client sends no more (`nil`) or cannot be written to (errno).
  func clientLeft(_ session: ClientSession, failure: Int32?)
  /// The client is slow, or no longer: services must not be read meanwhile.
  func outputIsFull(_ session: ClientSession, _ isFull: Bool)
  /// Something has happened to an API.
  func tell(_ event: ServiceEvent, of service: RESTService)
  /// A call of an API waits for a limit.
  func callsWait(for service: RESTService)
}

/// A request as it came in. `line` is valid during the call that passes it on.
struct Incoming {
  var line: UnsafeRawBufferPointer
  var envelope: Envelope
  var id: RequestID
  var client: ClientContext
  /// It has waited for discovery once and must be answered now.
  var hasWaited = false
  /// An equal call failed: this one waits for no other.
  var isAlone = false
  /// It is put as the whole catalogue knows it: no profile applies any more.
  var isPut = false
}

/// The client on our stdin and stdout, and the only writer of stdout.
///
/// It cuts lines, decides the era of each message, refuses what is no message,
/// and keeps the ledger of requests in flight: an id is answered exactly once
/// (promise I1), because an answer needs the id's entry and takes it out.
@EventLoop
final class ClientSession: ByteSink {
  /// Above this many waiting bytes only the newest progress of each call is kept.
  static let progressMark = 256 * 1024

  // Read for each message and changed by a reload alone, which none is in the middle of.
  @exclusivity(unchecked) private(set) var limits: GatewayConfiguration.Limits
  private(set) var absoluteTime: Duration
  let log: Log
  /// The gateway, which lives as long as the session.
  var delegate: (any ClientSessionDelegate)?

  /// Who answers, as the client is told.
  var identity = ServerIdentity.gateway
  /// The edits of the line that is being written; reused, so that a message allocates none.
  var splice = Splice()
  var holdsProgress = false
  /// What a slow client has not been told yet.
  var heldNotices = HeldNotices()
  /// What a legacy client said in `logging/setLevel`; `nil` if it never did.
  var logLevel: LogLevel?
  /// The revision agreed in `initialize`, if there was one.
  var legacyRevision: Revision?
  /// What it declared in `initialize`.
  var legacyProfile = ClientProfile.none
  /// What the last modern request declared, and how it was written.
  var modernProfile: (text: [UInt8], profile: ClientProfile) = ([], .none)
  /// `notifications/initialized` has come: unasked notifications may be sent.
  var isInitialized = false
  var hasUsedModern = false
  /// The era of the newest request.
  var newestEra = Era.legacy
  /// Answers to questions that we never asked (row C16).
  var strayReplies = 0

  let ledger: RequestLedger
  /// What services ask of the client.
  private(set) lazy var reverse = ReverseRequests(of: self, patience: inputTime)
  private var inputTime: Duration
  private var framer: LineFramer
  private var trimTimer: LoopTimer?
  var reader: DescriptorReader?
  let writer: DescriptorWriter
  var isFull = false
  var isActive = false

  init(input: Int32, output: Int32, configuration: GatewayConfiguration, log: Log) {
    limits = configuration.limits
    absoluteTime = configuration.deadlines.absolute
    inputTime = configuration.deadlines.input
    self.log = log
    ledger = RequestLedger(limit: limits.clientCalls)
    framer = LineFramer(limit: limits.clientMessage)
    writer = DescriptorWriter(descriptor: output)
    reader = DescriptorReader(descriptor: input, sink: self)
    writer.onDrained = { [unowned self] in outputDrained() }
    writer.onFailed = { [unowned self] code in
      delegate?.clientLeft(self, failure: code)
    }
  }

  func begin() { reader?.resume() }

  /// Takes over what a reload has changed; what is in flight is not touched.
  func adopt(_ configuration: GatewayConfiguration) {
    limits = configuration.limits
    absoluteTime = configuration.deadlines.absolute
    inputTime = configuration.deadlines.input
    ledger.limit = limits.clientCalls
    framer.limit = limits.clientMessage
    reverse.patience = inputTime.inNanoseconds
  }

  /// Reads no more; what is in flight can still be answered.
  func stopReading() {
    reader?.close()
    reader = nil
  }

  func flush() { writer.flush() }

  // MARK: Lines

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { framer.tail(atLeast: count) }

  func received(_ count: Int) {
    framer.commit(count)
    while let line = framer.next() {
      switch line {
      case .line(let bytes): receive(bytes)
      case .tooLong:
        let limit = limits.clientMessage
        refuse(.invalidRequest("A message is longer than the limit of \(limit) bytes."))
      }
    }
    if framer.isLarge { trimLater() }
  }

  /// What a large message left in the framer is given back some time after it.
  private func trimLater() {
    guard trimTimer?.isActive != true else { return }
    let timer = trimTimer ?? LoopTimer { [unowned self] in trim() }
    trimTimer = timer
    timer.start(after: LineFramer.quietTime)
  }

  private func trim() {
    framer.trim()
    Heap.giveBack()
    if framer.isLarge, reader != nil { trimLater() }
  }

  func ended(_ reason: EndOfInput) {
    reader = nil
    if framer.pendingBytes > 0 { log(.warning, "client.partial_line") }
    if strayReplies > 0 { log(.warning, "client.stray_answers", ["count": String(strayReplies)]) }
    delegate?.clientLeft(self, failure: nil)
  }
}
