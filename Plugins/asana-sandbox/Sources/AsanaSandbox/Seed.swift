import PluginKit

/// What the sandbox holds before the first call. The gids are fixed, so that examples can
/// name them; what calls make gets gids from 2001 on.
extension Store {
  /// - Parameter now: the time of the start; dates lie around it.
  package static func seeded(at now: Timestamp) -> Store {
    var store = Store(now: now)
    store.workspaces.insert(Workspace(gid: "1001", name: "Sandbox"))
    store.users = Table([
      User(gid: "1201", name: "Ada Okafor", email: "ada@sandbox.invalid"),
      User(gid: "1202", name: "Ben Lindqvist", email: "ben@sandbox.invalid"),
      User(gid: "1203", name: "Chandra Rao", email: "chandra@sandbox.invalid"),
    ])
    store.teams = Table([
      Team(
        gid: "1101", name: "Product", purpose: "Decides what is built.", workspace: "1001",
        members: ["1201", "1202"]),
      Team(
        gid: "1102", name: "Operations", purpose: "Keeps it running.", workspace: "1001",
        members: ["1201", "1203"]),
    ])
    store.customFields = Table([
      CustomField(
        gid: "1501", name: "Urgency", kind: .choice,
        options: [.init(gid: "1511", name: "Low"), .init(gid: "1512", name: "High")]),
      CustomField(gid: "1502", name: "Hours", kind: .number),
    ])
    store.tags = Table([
      Tag(gid: "1601", name: "blocked outside", workspace: "1001", color: "dark-red", notes: ""),
      Tag(gid: "1602", name: "quick", workspace: "1001", color: "light-green", notes: ""),
    ])
    store.templates.insert(
      ProjectTemplate(
        gid: "1701", name: "Event", team: "1102",
        sections: [
          ("Before", ["Book a room", "Invite the speakers"]), ("On the day", ["Open the doors"]),
          ("After", ["Thank everybody"]),
        ]))
    store.seedWebsite()
    store.seedOffice()
    return store
  }

  private mutating func seedWebsite() {
    var project = Project(
      gid: "1301", name: "Website relaunch", workspace: "1001", team: "1101", owner: "1201",
      members: ["1201", "1202"], notes: "The new site, from the first draft to the switch.",
      color: "light-blue", createdAt: now, modifiedAt: now)
    project.customFields = ["1501", "1502"]
    project.dueOn = now.day.adding(30)
    projects.insert(project)
    seedSection("1401", "To do", in: "1301")
    seedSection("1402", "In progress", in: "1301")
    seedSection("1403", "Done", in: "1301")
    seed("1801", "Write the front page", in: "1402", assignee: "1202", due: 3)
    seed("1802", "Draft the text", under: "1801", assignee: "1202", isDone: true)
    seed("1803", "Let somebody read it", under: "1801", assignee: "1201")
    seed("1804", "Move the domain", in: "1401", assignee: "1203", due: 10)
    seed("1805", "Test on old telephones", in: "1401", due: 7)
    seed("1806", "Choose the colours", in: "1403", assignee: "1201", isDone: true)
    tasks.update("1804") { $0.dependencies = ["1801"] }
    tasks.update("1805") { $0.tags = ["1602"] }
    tasks.update("1801") { $0.customValues = ["1501": "1512", "1502": 6] }
    stories.insert(
      Story(
        gid: "1901", task: "1801", text: "The first paragraph is there.", createdBy: "1202",
        createdAt: now))
  }

  private mutating func seedOffice() {
    projects.insert(
      Project(
        gid: "1302", name: "Office move", workspace: "1001", team: "1102", owner: "1203",
        members: ["1201", "1203"], createdAt: now, modifiedAt: now))
    seedSection("1404", "Everything", in: "1302")
    seed("1807", "Count the desks", in: "1404", assignee: "1203", due: 1)
    seed("1808", "Order boxes", in: "1404", due: 2)
  }

  private mutating func seedSection(_ gid: Gid, _ name: String, in project: Gid) {
    sections.insert(Section(gid: gid, name: name, project: project, createdAt: now))
    projects.update(project) { $0.sections.append(gid) }
  }

  /// - Parameters:
  ///   - section: where it is; nil for a subtask.
  ///   - due: days from now.
  private mutating func seed(
    _ gid: Gid, _ name: String, in section: Gid? = nil, under parent: Gid? = nil,
    assignee: Gid? = nil, due: Int? = nil, isDone: Bool = false
  ) {
    var task = WorkItem(
      gid: gid, name: name, workspace: "1001", createdBy: "1201", createdAt: now, modifiedAt: now)
    task.parent = parent
    task.assignee = assignee
    task.dueOn = due.map { now.day.adding($0) }
    task.completedAt = isDone ? now : nil
    task.followers = ["1201"]
    tasks.insert(task)
    if let section { sections.update(section) { $0.tasks.append(gid) } }
  }
}
