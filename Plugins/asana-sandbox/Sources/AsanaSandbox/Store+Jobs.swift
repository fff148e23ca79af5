import PluginKit

/// Jobs: started by a call, carried on by every later one.
extension Store {
  /// How many may run at once, as at Asana.
  static let jobLimit = 5

  private func refuseIfBusy() throws(Refusal) {
    if jobs.all.count(where: { !$0.isOver }) >= Self.jobLimit {
      throw Refusal(
        429, "\(Self.jobLimit) jobs run already", help: "Wait until one of them has ended.")
    }
  }

  mutating func duplicate(_ input: Input) throws(Refusal) -> Job {
    try refuseIfBusy()
    let source = try require(project: input.gid("project_id"))
    let parts = Set(input.texts("include") ?? [])
    let shift = try shift(input["schedule_dates"], parts, of: source)
    var copy = Project(
      gid: newGid(), name: input.gid("name"), workspace: source.workspace, team: source.team,
      owner: me, createdAt: now, modifiedAt: now)
    (copy.color, copy.defaultView, copy.privacy) =
      (source.color, source.defaultView, source.privacy)
    copy.customFields = source.customFields
    copy.members = parts.contains("members") ? source.members : [me]
    if parts.contains("notes") { (copy.notes, copy.htmlNotes) = (source.notes, source.htmlNotes) }
    projects.insert(copy)
    var steps = source.sections.map { Job.Step.copy($0) }
    if parts.contains("task_dependencies") { steps.append(.link) }
    return start(
      Job(
        gid: newGid(), subtype: "duplicate_project", project: copy.gid, steps: steps,
        parts: parts, shift: shift))
  }

  mutating func instantiate(_ input: Input) throws(Refusal) -> Job {
    try refuseIfBusy()
    let gid = input.gid("project_template_id")
    guard let template = templates[gid] else {
      throw .unknown(
        "project_template", gid,
        help: "The sandbox has " + templates.all.map { "\($0.gid) (\($0.name))" }.joined() + ".")
    }
    let team = try require(team: input.text("team_id") ?? template.team)
    for role in input["requested_roles"]?.array ?? [] {
      _ = try require(user: role["value"]?.string ?? "")
    }
    var project = Project(
      gid: newGid(), name: input.gid("name"), workspace: team.workspace, team: team.gid, owner: me,
      createdAt: now, modifiedAt: now)
    project.members = [me]
    if let privacy = input.text("privacy_setting") { project.privacy = privacy }
    projects.insert(project)
    return start(
      Job(
        gid: newGid(), subtype: "instantiate_project", project: project.gid,
        steps: template.sections.map { .make(name: $0.name, tasks: $0.tasks) }))
  }

  private mutating func start(_ job: Job) -> Job {
    jobs.insert(job)
    return job
  }

  /// How far the dates of a copy move, so that the first starts or the last ends as asked.
  private func shift(
    _ wish: StructuredValue?, _ parts: Set<String>, of project: Project
  ) throws(Refusal) -> DayShift? {
    guard let wish, wish != .null else { return nil }
    guard parts.contains("task_dates") else {
      throw .invalid(
        "schedule_dates: task_dates is not in include", help: "Add task_dates to include.")
    }
    let (start, due) = (wish["start_on"]?.string, wish["due_on"]?.string)
    guard (start == nil) != (due == nil), let target = (start ?? due).flatMap({ Day($0) }) else {
      throw .invalid(
        "schedule_dates: Either start_on or due_on is needed",
        help: "Give one of them as YYYY-MM-DD.")
    }
    let inside = tasks(in: project.gid).compactMap { tasks[$0] }
    let days = inside.flatMap { [$0.startOn, $0.dueDay].compactMap { $0 } }
    guard let anchor = start == nil ? days.max() : days.min() else { return nil }
    return DayShift(
      days: target.number - anchor.number,
      skipsWeekends: wish["should_skip_weekends"]?.bool ?? false)
  }

  /// Carries every job on by one step; the first only begins it.
  mutating func advanceJobs() {
    for var job in jobs.all where !job.isOver {
      if job.status == .waiting {
        job.status = .running
      } else if projects[job.project] == nil {
        // Somebody deleted what was being made.
        job.status = .failed
      } else if job.done < job.steps.count {
        take(job.steps[job.done], for: &job)
        job.done += 1
      }
      if job.status == .running, job.done == job.steps.count { job.status = .succeeded }
      jobs.insert(job)
    }
  }

  private mutating func take(_ step: Job.Step, for job: inout Job) {
    switch step {
    case .copy(let gid):
      guard let source = sections[gid] else { return }
      let section = addSection(source.name, to: job.project)
      for task in source.tasks {
        guard let copy = copy(task, under: nil, for: &job) else { continue }
        sections.update(section) { $0.tasks.append(copy) }
      }
    case .make(let name, let tasks):
      let section = addSection(name, to: job.project)
      for name in tasks {
        let task = WorkItem(
          gid: newGid(), name: name, workspace: projects[job.project]?.workspace ?? "",
          createdBy: me, createdAt: now, modifiedAt: now)
        self.tasks.insert(task)
        sections.update(section) { $0.tasks.append(task.gid) }
      }
    case .link:
      for (original, copy) in job.copies {
        let dependencies = tasks[original]?.dependencies.compactMap { job.copies[$0] } ?? []
        tasks.update(copy) { $0.dependencies = dependencies }
      }
    }
  }

  private mutating func addSection(_ name: String, to project: Gid) -> Gid {
    let section = Section(gid: newGid(), name: name, project: project, createdAt: now)
    sections.insert(section)
    projects.update(project) { $0.sections.append(section.gid) }
    return section.gid
  }

  /// - Returns: the gid of the copy; nil when the task has been deleted meanwhile.
  private mutating func copy(_ gid: Gid, under parent: Gid?, for job: inout Job) -> Gid? {
    guard let source = tasks[gid] else { return nil }
    var task = WorkItem(
      gid: newGid(), name: source.name, workspace: source.workspace, subtype: source.subtype,
      createdBy: me, createdAt: now, modifiedAt: now)
    task.approvalStatus = source.approvalStatus.map { _ in "pending" }
    task.parent = parent
    task.customValues = source.customValues
    if job.parts.contains("task_notes") {
      (task.notes, task.htmlNotes) = (source.notes, source.htmlNotes)
    }
    if job.parts.contains("task_assignee") { task.assignee = source.assignee }
    if job.parts.contains("task_followers") { task.followers = source.followers }
    if job.parts.contains("task_tags") { task.tags = source.tags }
    if job.parts.contains("task_dates") {
      let shift = job.shift ?? DayShift(days: 0, skipsWeekends: false)
      (task.startOn, task.dueOn) = (shift.apply(to: source.startOn), shift.apply(to: source.dueDay))
    }
    tasks.insert(task)
    job.copies[gid] = task.gid
    if job.parts.contains("task_attachments") { copyAttachments(of: gid, to: task.gid) }
    if job.parts.contains("task_subtasks") {
      for subtask in subtasks(of: gid) { _ = copy(subtask.gid, under: task.gid, for: &job) }
    }
    return task.gid
  }

  private mutating func copyAttachments(of task: Gid, to copy: Gid) {
    for source in attachments.all where source.parent == task {
      attachments.insert(
        Attachment(
          gid: newGid(), parent: copy, name: source.name, url: source.url, size: source.size,
          createdAt: now))
    }
  }

  func render(_ job: Job) -> StructuredValue {
    [
      "gid": StructuredValue(job.gid), "resource_type": "job",
      "resource_subtype": StructuredValue(job.subtype),
      "status": StructuredValue(job.status.rawValue),
      "new_project": projects[job.project].map { compact($0) } ?? .null,
    ]
  }
}
