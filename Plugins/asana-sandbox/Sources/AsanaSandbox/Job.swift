/// Work that goes on after the call that asked for it: a project being made.
///
/// It takes one step at a time (`Store.advanceJobs`), so that its status follows
/// what is done: the sections that exist already can be read while it runs.
struct Job: Record {
  enum Status: String, Sendable {
    case waiting = "not_started"
    case running = "in_progress"
    case succeeded, failed
  }

  enum Step: Sendable {
    /// Copy a section with its tasks.
    case copy(Gid)
    /// Make a section of a template.
    case make(name: String, tasks: [String])
    /// Let the copied tasks wait for each other as the originals do.
    case link
  }

  let gid: Gid
  let subtype: String
  let project: Gid
  var status = Status.waiting
  /// The first `done` of them are done.
  let steps: [Step]
  var done = 0
  /// What is copied beside the names of tasks.
  var parts: Set<String> = []
  /// How many days all dates move.
  var shift: DayShift?
  /// From the gid of a task to that of its copy.
  var copies: [Gid: Gid] = [:]

  var isOver: Bool { status == .succeeded || status == .failed }
}

/// Moves days by a distance, past weekends if that is wanted.
struct DayShift: Hashable, Sendable {
  var days: Int
  var skipsWeekends: Bool

  func apply(to day: Day?) -> Day? {
    guard var day = day?.adding(days) else { return nil }
    while skipsWeekends, day.isWeekend { day = day.adding(1) }
    return day
  }
}
