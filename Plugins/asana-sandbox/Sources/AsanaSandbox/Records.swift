import PluginKit

/// What Asana calls a gid: digits that name one thing among all things.
package typealias Gid = String

struct Workspace: Record {
  let gid: Gid
  var name: String
}

struct Team: Record {
  let gid: Gid
  var name: String
  var purpose: String
  var workspace: Gid
  var members: [Gid]
}

struct User: Record {
  let gid: Gid
  var name: String
  var email: String
}

struct Project: Record {
  let gid: Gid
  var name: String
  var workspace: Gid
  var team: Gid?
  var owner: Gid?
  var members: [Gid] = []
  var followers: [Gid] = []
  var notes = ""
  var htmlNotes: String?
  var color: String?
  var defaultView = "list"
  var privacy = "public_to_workspace"
  var dueOn: Day?
  var startOn: Day?
  var isArchived = false
  /// Which custom fields its tasks have.
  var customFields: [Gid] = []
  var customValues: [Gid: StructuredValue] = [:]
  /// In their order on the board.
  var sections: [Gid] = []
  var createdAt: Timestamp
  var modifiedAt: Timestamp
}

/// A column of a project; it alone knows which tasks are in the project.
struct Section: Record {
  let gid: Gid
  var name: String
  var project: Gid
  /// From top to bottom.
  var tasks: [Gid] = []
  var createdAt: Timestamp
}

/// A task of Asana; `Task` is the language's.
struct WorkItem: Record {
  let gid: Gid
  var name: String
  var workspace: Gid
  var subtype = "default_task"
  var approvalStatus: String?
  var notes = ""
  var htmlNotes: String?
  var completedAt: Timestamp?
  var assignee: Gid?
  var dueOn: Day?
  var dueAt: Timestamp?
  var startOn: Day?
  var parent: Gid?
  var followers: [Gid] = []
  var tags: [Gid] = []
  /// What must be done before it.
  var dependencies: [Gid] = []
  var customValues: [Gid: StructuredValue] = [:]
  var createdBy: Gid
  var createdAt: Timestamp
  var modifiedAt: Timestamp

  var isCompleted: Bool { completedAt != nil }
  /// The day on which it is due, however that was said.
  var dueDay: Day? { dueOn ?? dueAt?.day }
}

struct Tag: Record {
  let gid: Gid
  var name: String
  var workspace: Gid
  var color: String?
  var notes: String
}

/// Something that happened to a task: a comment, or what the sandbox noted itself.
struct Story: Record {
  let gid: Gid
  let task: Gid
  /// Nil for what a person wrote.
  var systemSubtype: String?
  var text: String
  var htmlText: String?
  var isPinned = false
  var createdBy: Gid
  var createdAt: Timestamp
}

/// A file, of which only the size is kept, or a link.
struct Attachment: Record {
  let gid: Gid
  let parent: Gid
  var name: String
  var url: String?
  var size: Int?
  var createdAt: Timestamp
}

struct CustomField: Record {
  enum Kind: String {
    case text, number
    case choice = "enum"
    case date
  }

  let gid: Gid
  var name: String
  var kind: Kind
  var options: [Option] = []

  struct Option: Hashable, Sendable {
    var gid: Gid
    var name: String
  }
}

struct ProjectTemplate: Record {
  let gid: Gid
  var name: String
  var team: Gid
  var sections: [(name: String, tasks: [String])]
}
