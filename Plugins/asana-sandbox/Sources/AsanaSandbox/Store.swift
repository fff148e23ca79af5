import PluginKit

/// Everything that the sandbox knows: a value, changed by one call at a time.
///
/// Functions that change it are grouped by what they are about
/// (`Store+Projects`, `Store+Tasks`, ...); `Store+Rendering` shows it as Asana does.
package struct Store: Sendable {
  /// The time of the call that is being served; set by who serves it.
  package var now: Timestamp

  var workspaces = Table<Workspace>()
  var teams = Table<Team>()
  var users = Table<User>()
  var projects = Table<Project>()
  var sections = Table<Section>()
  var tasks = Table<WorkItem>()
  var tags = Table<Tag>()
  var stories = Table<Story>()
  var attachments = Table<Attachment>()
  var customFields = Table<CustomField>()
  var templates = Table<ProjectTemplate>()
  var jobs = Table<Job>()
  private var lastGid = 2_000

  /// An empty one; `Store.seeded(at:)` has something to look at.
  init(now: Timestamp) { self.now = now }

  mutating func newGid() -> Gid {
    lastGid += 1
    return "\(lastGid)"
  }

  /// The user that the calls are made for.
  var me: Gid { users.gids.first ?? "" }
}

// Looking things up, with a refusal that says where gids come from.
extension Store {
  func require(project gid: Gid) throws(Refusal) -> Project {
    guard let project = projects[gid] else {
      throw .unknown(
        "project", gid,
        help: "Find its gid with asana_search_projects or asana_list_projects.")
    }
    return project
  }

  func require(section gid: Gid) throws(Refusal) -> Section {
    guard let section = sections[gid] else {
      throw .unknown(
        "section", gid, help: "asana_get_project_hierarchy shows the sections of a project.")
    }
    return section
  }

  func require(task gid: Gid) throws(Refusal) -> WorkItem {
    guard let task = tasks[gid] else {
      throw .unknown(
        "task", gid,
        help: "Find its gid with asana_search_tasks or asana_get_project_hierarchy.")
    }
    return task
  }

  func require(tag gid: Gid) throws(Refusal) -> Tag {
    guard let tag = tags[gid] else {
      throw .unknown("tag", gid, help: "asana_create_tag makes one and returns its gid.")
    }
    return tag
  }

  func require(team gid: Gid) throws(Refusal) -> Team {
    guard let team = teams[gid] else {
      throw .unknown("team", gid, help: "asana_get_teams_for_workspace lists the teams.")
    }
    return team
  }

  /// The workspace that a call means, by default the first.
  func require(workspace gid: Gid?) throws(Refusal) -> Workspace {
    guard let workspace = workspaces[gid ?? workspaces.gids.first ?? ""] else {
      throw .unknown(
        "workspace", gid ?? "", help: "asana_list_workspaces lists the workspaces.")
    }
    return workspace
  }

  /// A user by gid, e-mail address or `me`.
  func require(user name: String) throws(Refusal) -> User {
    if name == "me", let user = users[me] { return user }
    if let user = users[name] { return user }
    for user in users.all where user.email.utf8.elementsEqual(name.utf8) { return user }
    throw .unknown("user", name, help: "asana_list_workspace_users lists the users.")
  }

  func gids(ofUsers names: [String]?) throws(Refusal) -> [Gid] {
    var gids: [Gid] = []
    for name in names ?? [] {
      let gid = try require(user: name).gid
      if !gids.contains(gid) { gids.append(gid) }
    }
    return gids
  }

  func require(customField gid: Gid) throws(Refusal) -> CustomField {
    guard let field = customFields[gid] else {
      throw .unknown(
        "custom_field", gid, help: "asana_get_custom_fields lists the custom fields.")
    }
    return field
  }
}

// What follows from the records.
extension Store {
  /// In their order from left to right.
  func sections(of project: Project) -> [Section] { project.sections.compactMap { sections[$0] } }

  /// The sections that a task is in, at most one of each project.
  func memberships(of task: Gid) -> [Section] {
    sections.all.filter { $0.tasks.contains(task) }
  }

  func subtasks(of task: Gid) -> [WorkItem] { tasks.all.filter { $0.parent == task } }

  func tasks(in project: Gid) -> Set<Gid> {
    Set(sections.all.filter { $0.project == project }.flatMap(\.tasks))
  }
}
