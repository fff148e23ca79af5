import PluginKit

/// What the tools about workspaces, projects and sections do.
extension Sandbox {
  static let projectTools: [SandboxTool] = [
    SandboxTool(
      .listWorkspaces,
      list: { store, _ in
        store.workspaces.all.map { store.render($0) }
      }),
    SandboxTool(
      .listProjects,
      list: { store, input throws(Refusal) in
        try store.listProjects(input).map { store.render($0) }
      }),
    SandboxTool(
      .searchProjects,
      list: { store, input throws(Refusal) in
        try store.searchProjects(input).map { store.render($0) }
      }),
    SandboxTool(
      .getProject,
      one: { store, input throws(Refusal) in
        store.render(try store.require(project: input.gid("project_id")))
      }),
    SandboxTool(
      .createProject,
      one: { store, input throws(Refusal) in
        store.render(try store.createProject(input))
      }),
    SandboxTool(
      .updateProject,
      one: { store, input throws(Refusal) in
        store.render(try store.updateProject(input))
      }),
    SandboxTool(
      .deleteProject,
      one: { store, input throws(Refusal) in
        try store.deleteProject(input.gid("project_id"))
        return [:]
      }),
    SandboxTool(.getProjectHierarchy, output: Answers.hierarchy, slowly: hierarchy),
    SandboxTool(
      .createSection,
      one: { store, input throws(Refusal) in
        store.render(try store.createSection(input))
      }),
    SandboxTool(
      .duplicateProject,
      slowly: { sandbox, input, context in
        let job = try sandbox.step { store throws(Refusal) in try store.duplicate(input) }
        return try await sandbox.follow(job, .duplicateProject, input, context)
      }),
    SandboxTool(
      .createProjectFromTemplate,
      slowly: { sandbox, input, context in
        let job = try sandbox.step { store throws(Refusal) in try store.instantiate(input) }
        return try await sandbox.follow(job, .createProjectFromTemplate, input, context)
      }),
    SandboxTool(
      .getCustomFields,
      list: { store, input throws(Refusal) in
        try store.fieldList(input)
      }),
  ]

  /// From one look at a job to the next.
  private static let pollInterval = Duration.milliseconds(100)

  /// Polls a job until it has ended, if the call wants to wait, and reports what it has done.
  private func follow(
    _ job: Job, _ definition: Definition, _ input: Input, _ context: CallContext
  ) async throws -> StructuredValue {
    var job = job
    let total = Double(job.steps.count + 1)
    context.report(0, of: total, message: job.status.rawValue)
    while input.flag("wait") ?? true, !job.isOver {
      try await Task.sleep(for: Self.pollInterval)
      job = try step { store throws(Refusal) in store.jobs[job.gid] ?? job }
      let done = job.isOver ? total : Double(job.done) + 0.5
      context.report(
        done, of: total, message: "\(job.status.rawValue): \(job.done) of \(job.steps.count)")
    }
    let last = job
    let value = try step { store throws(Refusal) in store.render(last) }
    return definition.selection(input).apply(to: value)
  }
}
