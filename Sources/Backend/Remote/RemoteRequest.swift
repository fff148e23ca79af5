import HTTP
import Loop
import MCP

/// One HTTP request to a remote server and what comes back on it: a message and its answer, or a
/// stream that the server speaks on.
///
/// It reads the body as what its type says it is and hands messages to the backend. It may be sent
/// a second time: to a new session, or as a GET that resumes a stream which was cut.
@EventLoop
final class RemoteRequest: HTTPTransferEvents {
  enum Purpose: Hashable {
    /// A message that wants an answer, by its id.
    case request(UInt64)
    /// A notification, or an answer to the server.
    case message
    /// What the server says unasked.
    case stream
    /// The end of the session.
    case goodbye
  }

  /// How the body is read.
  enum Reading: Hashable {
    case nothing
    case json
    case events
    /// The beginning is kept, for the error.
    case excerpt
  }

  /// Bytes of an unexpected body that are kept: an error of JSON-RPC fits.
  static let longestExcerpt = 64 * 1024

  let purpose: Purpose
  /// Empty where the method has no body.
  let body: [UInt8]
  /// Part of opening the connection, so that it goes out before the connection is open.
  let isOfHandshake: Bool
  /// The number of the session that it was sent in.
  var session = 0
  /// It was sent to a session that was gone, once.
  var wasRefusedOnce = false
  /// Its headers were not what its tool wanted, once.
  var wasMismatched = false
  /// Its token was refused, once.
  var wasUnauthorized = false
  /// The `Authorization` of a login that it was sent with.
  var authorization: String?
  /// What the message asks for, where a modern server is told.
  var method: Method?
  /// The last event that came, where the stream is to be resumed behind it.
  var resumesFrom: [UInt8] = []
  /// Resumptions without an event in between.
  var fruitlessResumptions = 0
  var isAnswered = false

  private(set) var head: HTTPResponseHead?
  private(set) var reading = Reading.nothing
  private(set) var collected: [UInt8] = []
  private(set) var parser: EventStreamParser
  private var transfer: HTTPTransfer?
  private var backend: RemoteBackend?
  private let longestMessage: Int

  init(
    _ purpose: Purpose, body: [UInt8] = [], isOfHandshake: Bool = false, of backend: RemoteBackend
  ) {
    self.purpose = purpose
    self.body = body
    self.isOfHandshake = isOfHandshake
    self.backend = backend
    longestMessage = min(backend.settings.longestMessage, EventStreamParser.longestEvent)
    parser = EventStreamParser(limit: longestMessage)
  }

  var id: UInt64? { if case .request(let id) = purpose { id } else { nil } }
  var status: Int { head?.status ?? 0 }
  var isSuccess: Bool { (200..<300).contains(status) }
  /// Whether a GET takes the place of the POST.
  var isResumption: Bool { id != nil && !resumesFrom.isEmpty }
  /// How long the server wants us to wait before the stream is asked for again.
  var retry: Duration? { parser.retry }

  func start(_ request: HTTPRequest, on client: HTTPClient, isPaused: Bool) {
    head = nil
    reading = .nothing
    collected = []
    parser = EventStreamParser(limit: longestMessage)
    let transfer = client.start(request, events: self)
    if isPaused { transfer.pause() }
    self.transfer = transfer
  }

  /// Closes its connection; nothing of it is heard any more.
  func cancel() {
    transfer?.cancel()
    transfer = nil
    backend = nil
  }

  func setPaused(_ isPaused: Bool) {
    if isPaused { transfer?.pause() } else { transfer?.resume() }
  }

  // MARK: HTTPTransferEvents

  func responded(_ head: HTTPResponseHead) {
    self.head = head
    let type = head.value(of: "content-type") ?? ""
    if !isSuccess {
      reading = .excerpt
    } else if Self.isMediaType(type, "text/event-stream") {
      reading = .events
    } else if purpose == .stream || id == nil {
      reading = .nothing
    } else {
      reading = Self.isMediaType(type, "application/json") ? .json : .excerpt
    }
    if reading == .json, let length = head.value(of: "content-length").flatMap({ Int($0) }) {
      collected.reserveCapacity(min(max(0, length), longestMessage))
    }
    backend?.responded(self, head)
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    switch reading {
    case .nothing: break
    case .excerpt: collected += bytes.prefix(max(0, Self.longestExcerpt - collected.count))
    case .json:
      guard collected.count + bytes.count <= longestMessage else {
        reading = .nothing
        collected = []
        backend?.receivedTooMuch(self)
        return
      }
      collected += bytes
    case .events:
      // Whoever hears of an event may end this request: first all are cut, then they are told.
      var found: [EventStreamParser.Found] = []
      parser.feed(bytes) { found.append($0) }
      for event in found { backend?.received(event, on: self) }
    }
  }

  func finished(_ outcome: Result<Void, HTTPError>) {
    transfer = nil
    let backend = backend
    backend?.finished(self, outcome)
  }

  /// The bytes that were collected, which are not needed here any more.
  func takeCollected() -> [UInt8] {
    defer { collected = [] }
    return collected
  }

  /// Whether a value names this type, given in lower case, with any parameters. Not isolated, since
  /// closures of isolated code check the thread each time that they are called.
  private nonisolated static func isMediaType(_ value: String, _ type: StaticString) -> Bool {
    type.withUTF8Buffer { type in
      var matched = 0
      for byte in value.utf8 {
        if byte == UInt8(ascii: ";") { break }
        if byte == 0x20 || byte == 0x09 { continue }
        let letter = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
        guard matched < type.count, letter == type[matched] else { return false }
        matched += 1
      }
      return matched == type.count
    }
  }
}
