import MCP
import RawJSON

/// How far a task of the gateway's own is (2025-11-25, and `io.modelcontextprotocol/tasks`).
enum TaskStatus: Hashable, CaseIterable {
  case working
  /// The client is asked for something meanwhile.
  case inputRequired
  /// It has a result; in the extension also where that says `isError`.
  case completed
  case failed, cancelled

  var name: StaticString {
    switch self {
    case .working: "working"
    case .inputRequired: "input_required"
    case .completed: "completed"
    case .failed: "failed"
    case .cancelled: "cancelled"
    }
  }

  /// Whether it never becomes another.
  var isTerminal: Bool {
    switch self {
    case .working, .inputRequired: false
    case .completed, .failed, .cancelled: true
    }
  }
}

/// What is told about a task: a value without a clock.
struct TaskDescription: Hashable {
  /// Milliseconds between two questions that the client is advised to keep.
  static let pollInterval = 1_000

  let id: [UInt8]
  /// Milliseconds from its creation after which it is forgotten.
  let keptFor: Int64
  /// Dates of RFC 3339.
  let createdAt: String
  private(set) var updatedAt: String
  private(set) var status = TaskStatus.working
  /// A JSON string; empty if there is nothing to say.
  private(set) var message: [UInt8] = []

  init(id: [UInt8], keptFor: Int64, at date: String) {
    self.id = id
    self.keptFor = keptFor
    createdAt = date
    updatedAt = date
  }

  /// Takes a new status; what is over stays as it is.
  ///
  /// - Returns: whether it is another one now.
  mutating func become(_ status: TaskStatus, at date: String) -> Bool {
    guard !self.status.isTerminal, status != self.status else { return false }
    self.status = status
    updatedAt = date
    if status.isTerminal { message = [] }
    return true
  }

  /// - Parameter text: a JSON string.
  mutating func say(_ text: [UInt8]) { if !status.isTerminal { message = text } }

  /// The members of the task, without braces, as an era writes them.
  func members(in era: Era) -> [UInt8] {
    var text = Array(#""taskId":"#.utf8)
    JSON.appendQuoted(id, to: &text)
    text += #","status":"\#(status.name)","#.utf8
    if !message.isEmpty { text += #""statusMessage":"#.utf8 + message + [UInt8(ascii: ",")] }
    text += #""createdAt":"\#(createdAt)","lastUpdatedAt":"\#(updatedAt)","#.utf8
    let (time, poll) = era == .legacy ? ("ttl", "pollInterval") : ("ttlMs", "pollIntervalMs")
    return text + Array(#""\#(time)":\#(keptFor),"\#(poll)":\#(Self.pollInterval)"#.utf8)
  }

  /// The member of `_meta` that names the task (2025-11-25).
  static func relatedMember(_ id: [UInt8]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "\"")]
    JSON.append(MetaKey.relatedTask, to: &text)
    text += #"":{"taskId":"#.utf8
    JSON.appendQuoted(id, to: &text)
    return text + [UInt8(ascii: "}")]
  }
}
