import MCP
import RawJSON

/// What a service says of a task: where its id stands and whether it has ended.
struct TaskReport {
  /// Where ids of tasks stand.
  private(set) var idPlaces: [ByteRange] = []
  /// The service's own id; `nil` if none is named.
  private(set) var id: [UInt8]?
  private(set) var hasEnded = false
  /// How long the service keeps the task, in milliseconds, if it says so.
  private(set) var time: Int64?

  /// Reads a result or the parameters of a notification: `task` of 2025-11-25, a task itself,
  /// and `related-task` in `_meta`.
  init(_ object: ByteRange, meta: ByteRange, in bytes: RawSpan) {
    let task = JSON.member("task", of: object, in: bytes)
    read(JSON.isObject(task, in: bytes) ? task : object, in: bytes)
    let related = JSON.member(MetaKey.relatedTask, of: meta, in: bytes)
    add(JSON.member("taskId", of: related, in: bytes), in: bytes)
  }

  private mutating func read(_ task: ByteRange, in bytes: RawSpan) {
    JSON.forEachMember(of: task, in: bytes) { key, value in
      if JSON.equals(key, "taskId", in: bytes) {
        add(value, in: bytes)
      } else if JSON.equals(key, "status", in: bytes) {
        hasEnded =
          JSON.equals(value, "completed", in: bytes) || JSON.equals(value, "failed", in: bytes)
          || JSON.equals(value, "cancelled", in: bytes)
      } else if JSON.equals(key, "ttl", in: bytes) || JSON.equals(key, "ttlMs", in: bytes) {
        time = JSON.integer(value, in: bytes)
      }
    }
  }

  private mutating func add(_ place: ByteRange, in bytes: RawSpan) {
    guard let text = JSON.string(place, in: bytes) else { return }
    idPlaces.append(place)
    id = id ?? text
  }

  /// The edits that turn the id in `related-task` of `_meta` into the one that clients know.
  static func relatedEdits(_ meta: ByteRange, _ service: String, in bytes: RawSpan) -> [Edit] {
    TaskReport(.absent, meta: meta, in: bytes).edits(service, in: bytes)
  }

  /// The edits that make the ids those that clients know.
  func edits(_ service: String, in bytes: RawSpan) -> [Edit] {
    idPlaces.map { place in
      var text: [UInt8] = []
      let own = JSON.string(place, in: bytes) ?? []
      JSON.appendQuoted(TaskName.adding(service, to: own), to: &text)
      return Edit(range: place, replacement: text)
    }
  }
}
