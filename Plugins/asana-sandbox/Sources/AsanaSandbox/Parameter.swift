import PluginKit

/// One argument in the table of tools: its name and its JSON Schema.
struct Parameter: Sendable {
  let name: String
  private(set) var isRequired = false
  /// Arguments that must not be given beside it.
  private(set) var excluded: [String] = []
  /// If not empty, one of these must be given beside it.
  private(set) var needed: [String] = []
  private var members: [(String, StructuredValue)]

  private init(_ name: String, _ type: String?, _ description: String) {
    self.name = name
    members = type.map { [("type", StructuredValue($0))] } ?? []
    members.append(("description", StructuredValue(description)))
  }

  var schema: StructuredValue { StructuredValue(members) }

  static func text(_ name: String, _ description: String) -> Parameter {
    Parameter(name, "string", description)
  }

  static func choice(_ name: String, _ description: String, _ choices: [String]) -> Parameter {
    text(name, description).with("enum", StructuredValue(choices.map { StructuredValue($0) }))
  }

  static func gid(_ name: String, _ description: String) -> Parameter {
    text(name, description).with("pattern", "^[0-9]+$")
  }

  static func date(_ name: String, _ description: String) -> Parameter {
    text(name, description).with("format", "date")
  }

  static func time(_ name: String, _ description: String) -> Parameter {
    text(name, description).with("format", "date-time")
  }

  static func flag(_ name: String, _ description: String) -> Parameter {
    Parameter(name, "boolean", description)
  }

  static func integer(
    _ name: String, _ description: String, _ bounds: ClosedRange<Int>? = nil
  ) -> Parameter {
    let parameter = Parameter(name, "integer", description)
    guard let bounds else { return parameter }
    return parameter.with("minimum", StructuredValue(bounds.lowerBound))
      .with("maximum", StructuredValue(bounds.upperBound))
  }

  static func texts(_ name: String, _ description: String) -> Parameter {
    list(name, description, of: ["type": "string"])
  }

  static func list(_ name: String, _ description: String, of items: StructuredValue) -> Parameter {
    Parameter(name, "array", description).with("items", items)
  }

  static func object(_ name: String, _ description: String) -> Parameter {
    Parameter(name, "object", description)
  }

  static func any(_ name: String, _ description: String) -> Parameter {
    Parameter(name, nil, description)
  }

  /// The same with one more keyword.
  func with(_ keyword: String, _ value: StructuredValue) -> Parameter {
    var parameter = self
    parameter.members.append((keyword, value))
    return parameter
  }

  func standard(_ value: StructuredValue) -> Parameter { with("default", value) }

  var required: Parameter {
    var parameter = self
    parameter.isRequired = true
    return parameter
  }

  /// The same, which must not be given beside another one.
  func notWith(_ other: String) -> Parameter {
    var parameter = self
    parameter.excluded.append(other)
    return parameter
  }

  /// The same, beside which one of these must be given.
  func needs(_ others: String...) -> Parameter {
    var parameter = self
    parameter.needed += others
    return parameter
  }

  /// The same, where null clears what is stored.
  var nullable: Parameter {
    var parameter = self
    for index in members.indices {
      switch members[index].0 {
      case "type": parameter.members[index].1 = [members[index].1, "null"]
      case "enum":
        parameter.members[index].1 = StructuredValue((members[index].1.array ?? []) + [.null])
      default: break
      }
    }
    return parameter
  }
}

// Arguments that several tools have.
extension Parameter {
  static let project = gid("project_id", "gid of the project.").required
  static let task = gid("task_id", "gid of the task.").required
  static let tag = gid("tag_id", "gid of the tag.").required
  static let workspace = text(
    "workspace_id", "gid of the workspace or organisation; the configured one if left out.")
  static let fields = texts(
    "opt_fields", "Fields to return in place of the usual ones; dots lead into objects.")

  /// What every list with pages takes.
  static let paging = [
    fields, integer("limit", "Items to a page.", 1...100),
    text("offset", "Where to begin: what an earlier answer gave as the next page."),
    integer("max_items", "Items at most, of all pages together.", 1...5000).standard(200),
  ]

  private static let hues = ["pink", "green", "blue", "red", "teal", "brown", "orange", "purple"]
  static let colors =
    (hues + ["warm-gray"]).map { "dark-\($0)" } + (hues + ["warm-gray"]).map { "light-\($0)" }
  static let privacy = choice(
    "privacy_setting", "Who can see it.",
    ["public_to_workspace", "private_to_team", "private"])

  /// What creating and updating a project share.
  static let projectFields = [
    text("notes", "Description as plain text.").notWith("html_notes"),
    text("html_notes", "Description as Asana's rich text, in place of notes."),
    choice("color", "Name of its colour.", colors + ["none"]),
    choice(
      "default_view", "The view that opens first.", ["list", "board", "calendar", "timeline"]),
    date("due_on", "The day on which it is due."),
    date("start_on", "The day on which it starts; due_on must be given too.").needs("due_on"),
    privacy,
    flag("archived", "Whether it is archived."),
    text("owner", "Its owner: a user's gid or e-mail address, or me."),
    object("custom_fields", "Values of custom fields: from the field's gid to the value."),
  ]

  /// What creating and updating a task share.
  static let taskFields = [
    text("notes", "Description as plain text.").notWith("html_notes"),
    text("html_notes", "Description as Asana's rich text, in place of notes."),
    text("assignee", "Who does it: a user's gid or e-mail address, or me."),
    date("due_on", "The day on which it is due; not with due_at.").notWith("due_at"),
    time("due_at", "The moment at which it is due; not with due_on."),
    date("start_on", "The day on which it starts; due_on or due_at must be given too.")
      .needs("due_on", "due_at"),
    choice("resource_subtype", "The kind of task.", ["default_task", "milestone", "approval"]),
    object("custom_fields", "Values of custom fields: from the field's gid to the value."),
  ]
}
