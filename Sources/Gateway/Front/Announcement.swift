import Loop
import MCP
import RawJSON
import Resilience

/// A list that has changed, as clients are told of it.
enum Announcement: CaseIterable, Hashable {
  case tools, prompts, resources

  var method: Method {
    switch self {
    case .tools: .toolsListChanged
    case .prompts: .promptsListChanged
    case .resources: .resourcesListChanged
    }
  }

  /// The key of this kind in a `subscriptions/listen` filter.
  var filter: StaticString {
    switch self {
    case .tools: "toolsListChanged"
    case .prompts: "promptsListChanged"
    case .resources: "resourcesListChanged"
    }
  }

  init(_ kind: Offer.Kind) {
    switch kind {
    case .tools: self = .tools
    case .prompts: self = .prompts
    case .resources, .templates: self = .resources
    }
  }

  private var kinds: [Offer.Kind] {
    switch self {
    case .tools: [.tools]
    case .prompts: [.prompts]
    case .resources: [.resources, .templates]
    }
  }

  /// The lists in which two catalogues differ.
  static func differences(_ old: Catalogue, _ new: Catalogue) -> Set<Announcement> {
    Set(
      allCases.filter { announcement in
        announcement.kinds.contains { kind in
          old.entries(kind).map(\.json) != new.entries(kind).map(\.json)
        }
      })
  }
}

/// An open `subscriptions/listen` of a modern client (protocol.md 4.7). It ends
/// with the client's cancel, or with a result when the gateway ends.
@EventLoop
final class ListenSubscription: ClientRequest {
  let id: RequestID
  let announcements: Set<Announcement>
  let deadline = Instant.distantFuture
  private unowned let session: ClientSession
  private let forget: @EventLoop (RequestID) -> Void

  init(
    _ id: RequestID, _ announcements: Set<Announcement>, session: ClientSession,
    forget: @escaping @EventLoop (RequestID) -> Void
  ) {
    self.id = id
    self.announcements = announcements
    self.session = session
    self.forget = forget
  }

  /// `_meta` that names the subscription, in the JSON type of its request id.
  var meta: [UInt8] {
    Array(#""_meta":{"io.modelcontextprotocol/subscriptionId":"#.utf8) + id.bytes
      + [UInt8(ascii: "}")]
  }

  func acknowledge() {
    var line = Array(
      #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"#.utf8)
    line += meta
    line += #","notifications":{"#.utf8
    let honoured = Announcement.allCases.filter { announcements.contains($0) }
    line += honoured.map { "\"\($0.filter)\":true" }.joined(separator: ",").utf8
    line += "}}}".utf8
    session.write(line)
  }

  func announce(_ announcement: Announcement) {
    guard announcements.contains(announcement) else { return }
    var line = Array(#"{"jsonrpc":"2.0","method":""#.utf8)
    line += "\(announcement.method.name)".utf8
    line += #"","params":{"#.utf8
    line += meta
    line += "}}".utf8
    session.write(line)
  }

  func cancelled() { forget(id) }
  func deadlineReached(at now: Instant) {}

  func abandoned() {
    forget(id)
    guard session.ledger.close(id) else { return }
    let result = Array(("{" + ModernResult.complete + ",").utf8) + meta + [UInt8(ascii: "}")]
    session.reply(to: id, result: result)
  }
}

extension Gateway {
  /// At most two announcements of a list a second reach a client (row B30).
  static let announcementPause = Duration.milliseconds(500)

  func listen(_ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    let filter = JSON.member("notifications", of: request.envelope.params, in: bytes)
    guard JSON.isObject(filter, in: bytes) else {
      throw .invalidParams("params.notifications must be an object.")
    }
    let asked = Announcement.allCases.filter { announcement in
      let value = JSON.member(announcement.filter, of: filter, in: bytes)
      return request.line[value.start..<value.end].elementsEqual("true".utf8)
    }
    let subscription = ListenSubscription(request.id, Set(asked), session: session) {
      [unowned self] id in listeners[id] = nil
    }
    listeners[request.id] = subscription
    session.ledger.open(request.id, subscription)
    subscription.acknowledge()
  }

  /// Tells clients that lists have changed: at once, then at most once a pause.
  func announce(_ changes: Set<Announcement>) {
    guard !changes.isEmpty, ending == nil else { return }
    pendingAnnouncements.formUnion(changes)
    if announceTimer?.isActive == true { return }
    sendAnnouncements()
    let timer = announceTimer ?? LoopTimer { [unowned self] in announcementPauseOver() }
    announceTimer = timer
    timer.start(after: Gateway.announcementPause)
  }

  private func announcementPauseOver() {
    guard !pendingAnnouncements.isEmpty else { return }
    sendAnnouncements()
    announceTimer?.start(after: Gateway.announcementPause)
  }

  private func sendAnnouncements() {
    for announcement in Announcement.allCases where pendingAnnouncements.contains(announcement) {
      if session.isInitialized, listed.contains(announcement) {
        session.write(Array(#"{"jsonrpc":"2.0","method":"\#(announcement.method.name)"}"#.utf8))
      }
      for listener in listeners.values { listener.announce(announcement) }
    }
    pendingAnnouncements.removeAll()
  }
}
