import MCP
import RawJSON
package import Resilience

/// Everything that went over one wire, and who still waits for what.
///
/// A pure value: it is told what was sent and received and never waits. Ids are
/// kept as the JSON text that was sent, so that `1`, `"1"` and `1.0` are three ids.
package struct Transcript: Sendable {
  package struct Entry: Sendable {
    package let direction: WireDirection
    /// Without the newline.
    package let bytes: [UInt8]
    package let at: Instant
  }

  /// A request of the client.
  package struct Asked: Sendable {
    package var method: String
    /// How often the id was used.
    package var times = 1
    /// The progress token as JSON text.
    package var progressToken: String?
    package var isCancelled = false
  }

  package private(set) var entries: [Entry] = []
  /// Every line of the server that was read, in order; elements of batches follow their batch.
  package private(set) var messages: [ServerMessage] = []
  package private(set) var asked: [String: Asked] = [:]
  package private(set) var answersByID: [String: [ServerMessage]] = [:]
  /// Lines of the client that are no valid message: each may be answered without an id.
  package private(set) var unreadableLines = 0
  /// Whether entries are kept; a flood of calls needs no second copy.
  package var keepsEntries = true

  private var takenAnswers: [String: Int] = [:]
  private var errorsWithoutID: [ServerMessage] = []
  private var notifications: [ServerMessage] = []
  private var requests: [ServerMessage] = []
  private var unfinishedLine: [UInt8] = []
  private var errorsSeen = 0

  /// Bytes of a line of the client above which it counts as unreadable.
  package static let longestLine = 20 << 20

  package init() {}

  /// Notifications that nobody has taken yet.
  package var pendingNotifications: [ServerMessage] { notifications }
  /// Answers so far, to whatever id.
  package var answerCount: Int { messages.count { $0.kind == .result || $0.kind == .failure } }
}

/// What the client sent.
extension Transcript {
  package mutating func sent(_ bytes: [UInt8], at time: Instant) {
    var start = 0
    while let newline = bytes.newline(from: start, to: bytes.count) {
      unfinishedLine += bytes[start..<newline]
      start = newline + 1
      let line = unfinishedLine
      unfinishedLine.removeAll()
      if keepsEntries { entries.append(Entry(direction: .toServer, bytes: line, at: time)) }
      noteSent(line)
    }
    unfinishedLine += bytes[start...]
  }

  package mutating func cancelled(_ id: String) { asked[id]?.isCancelled = true }

  private mutating func noteSent(_ line: [UInt8]) {
    // No server that we know takes more; it is meant to be refused.
    guard line.count <= Self.longestLine else {
      unreadableLines += 1
      return
    }
    let message = ServerMessage(line, at: .zero)
    switch message.kind {
    case .request:
      guard let id = message.id else { return }
      var request = asked[id] ?? Asked(method: message.method ?? "", times: 0)
      request.times += 1
      request.progressToken = message.progressToken ?? request.progressToken
      asked[id] = request
    case .notification:
      guard message.method == "notifications/cancelled", message.bytes.count < 1 << 16,
        let id = message.params?.member("requestId")?.text
      else { return }
      cancelled(id)
    case .batch:
      unreadableLines += 1
      for element in message.value.arrayValue ?? [] { noteSent(element.serialized()) }
    case .invalid: if !line.allSatisfy(\.isBlank) { noteUnreadable(line) }
    case .result, .failure: break
    }
  }

  /// A refused line may still name an id, and then be answered under it.
  private mutating func noteUnreadable(_ line: [UInt8]) {
    unreadableLines += 1
    guard let id = (try? JSONValue(parsing: line))?.member("id")?.text, id != "null" else { return }
    asked[id, default: Asked(method: "", times: 0)].times += 1
    asked[id]?.isCancelled = true
  }
}

/// What the server sent.
extension Transcript {
  package mutating func received(_ message: ServerMessage) {
    if keepsEntries {
      entries.append(
        Entry(direction: .toClient, bytes: message.bytes, at: message.arrival))
    }
    file(message)
    guard message.kind == .batch else { return }
    for element in message.value.arrayValue ?? [] {
      file(ServerMessage(element.serialized(), at: message.arrival))
    }
  }

  private mutating func file(_ message: ServerMessage) {
    messages.append(message)
    switch message.kind {
    case .request: requests.append(message)
    case .notification: notifications.append(message)
    case .result, .failure:
      guard let id = message.id else { return errorsWithoutID.append(message) }
      answersByID[id, default: []].append(message)
    case .batch, .invalid: break
    }
  }

  package mutating func takeResponse(to id: String) -> ServerMessage? {
    let taken = takenAnswers[id] ?? 0
    guard let answers = answersByID[id], taken < answers.count else { return nil }
    takenAnswers[id] = taken + 1
    return answers[taken]
  }

  package mutating func takeErrorWithoutID() -> ServerMessage? {
    errorsWithoutID.isEmpty ? nil : errorsWithoutID.removeFirst()
  }

  /// The next error that was not taken, in the order in which they came.
  package mutating func takeError() -> ServerMessage? {
    while errorsSeen < messages.count {
      let message = messages[errorsSeen]
      errorsSeen += 1
      guard message.kind == .failure else { continue }
      guard let id = message.id else {
        errorsWithoutID.removeAll { $0.bytes == message.bytes }
        return message
      }
      guard let answers = answersByID[id], takenAnswers[id, default: 0] < answers.count else {
        continue
      }
      takenAnswers[id, default: 0] += 1
      return message
    }
    return nil
  }

  package mutating func takeNotification() -> ServerMessage? {
    notifications.isEmpty ? nil : notifications.removeFirst()
  }

  package mutating func takeNotification(_ method: String) -> ServerMessage? {
    notifications.firstIndex { $0.method == method }.map { notifications.remove(at: $0) }
  }

  package mutating func takeRequest() -> ServerMessage? {
    requests.isEmpty ? nil : requests.removeFirst()
  }

  package mutating func dropRequest(_ id: String) { requests.removeAll { $0.id == id } }
}

extension UInt8 {
  var isBlank: Bool { self == 32 || self == 9 || self == 13 }
}
