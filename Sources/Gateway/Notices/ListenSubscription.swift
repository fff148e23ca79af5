import Loop
import MCP
import RawJSON
import Resilience

/// An open `subscriptions/listen` of a modern client (protocol.md 4.7). It ends
/// with the client's cancel, or with a result when the gateway ends.
///
/// Its acknowledgement is its first message: what comes before waits.
@EventLoop
final class ListenSubscription: ClientRequest {
  let id: RequestID
  let announcements: Set<Announcement>
  let deadline = Instant.distantFuture
  /// The resources that it asked for and that services agreed to tell about.
  var honouredURIs: [[UInt8]] = []
  /// The tasks that it asked for and is told about, as the client knows them.
  var honouredTasks: [[UInt8]] = []
  /// Resources and tasks about which a service has not answered yet.
  var openQuestions = 0
  private(set) var isAcknowledged = false
  private var early = HeldNotices()
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

  /// Tells the client what it will hear of, then what has happened meanwhile.
  ///
  /// - Parameter asked: the URIs of the request, in its order.
  func acknowledge(_ asked: [[UInt8]]) {
    guard !isAcknowledged else { return }
    isAcknowledged = true
    var members = Notice.subscriptionMeta(id)
    members += #","notifications":{"#.utf8
    var honoured = Announcement.allCases.filter { announcements.contains($0) }
      .map { Array("\"\($0.filter)\":true".utf8) }
    let uris = asked.filter { honouredURIs.contains($0) }
    if !uris.isEmpty {
      let list = Array(#""resourceSubscriptions":["#.utf8)
      honoured.append(list + Self.quoted(uris))
    }
    if !honouredTasks.isEmpty {
      honoured.append(Array(#""taskIds":["#.utf8) + Self.quoted(honouredTasks))
    }
    members += honoured.joined(separator: [UInt8(ascii: ",")])
    members.append(UInt8(ascii: "}"))
    session.write(Notice.line(.subscriptionsAcknowledged, members))
    for line in early.takeAll() { session.notify(line) }
  }

  /// The texts as JSON strings, up to the end of their list.
  private static func quoted(_ texts: [[UInt8]]) -> [UInt8] {
    var list: [UInt8] = []
    for (index, text) in texts.enumerated() {
      if index > 0 { list.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(text, to: &list)
    }
    return list + [UInt8(ascii: "]")]
  }

  func announce(_ announcement: Announcement) {
    guard announcements.contains(announcement) else { return }
    notify(Notice.line(announcement.method, Notice.subscriptionMeta(id)))
  }

  func notify(_ line: [UInt8]) {
    if isAcknowledged { session.notify(line) } else { early.add(line) }
  }

  func cancelled() { forget(id) }
  func deadlineReached(at now: Instant) {}

  func abandoned() {
    forget(id)
    guard session.ledger.close(id) else { return }
    let meta = Notice.subscriptionMeta(id)
    let result = Array(("{" + ModernResult.complete + ",").utf8) + meta + [UInt8(ascii: "}")]
    session.reply(to: id, result: result)
  }
}
