import Backend
import Loop
import MCP
import RawJSON
import Telemetry

/// Tasks of services: those of 2025-11-25 between legacy peers, those of the extension
/// of 2026-07-28 between modern ones.
///
/// A task of one era cannot be asked about in the other; that is refused in plain
/// words. A tool that can only be called as a task serves every client: the gateway
/// makes the task and waits for its result (`TaskRole.bridged`).
extension Gateway {
  /// Whether a method about tasks exists in an era.
  static func hasTaskMethod(_ method: Method, in era: Era) -> Bool {
    switch method {
    case .tasksGet, .tasksCancel: true
    case .tasksResult: era == .legacy
    case .tasksUpdate: era == .modern
    default: false
    }
  }

  func callTask(_ request: Incoming) throws(CallError) {
    let bytes = request.line.bytes
    guard Self.hasTaskMethod(request.envelope.method, in: request.client.era) else {
      throw .methodNotFound(shownMethod(of: request))
    }
    let range = JSON.member("taskId", of: request.envelope.params, in: bytes)
    guard let id = JSON.string(range, in: bytes) else {
      throw .invalidParams("params.taskId must be a string.")
    }
    guard let (service, own) = taskOwner(id) else {
      throw .unknown("task", "'\(Printable.text(id, limit: 80))'")
    }
    // A service that has processes of both eras decides itself what it knows.
    let era = service.readyEra ?? service.offer?.introduction.revision.era
    guard era == nil || era == request.client.era || service.twin != nil else {
      throw CallError(
        code: .invalidParams,
        message: "Tasks of service '\(service.name)' belong to the other era of the protocol.",
        service: service.name, reason: "task_of_other_era")
    }
    var quoted: [UInt8] = []
    JSON.appendQuoted(own, to: &quoted)
    try start(
      request, on: service, nameRange: range, ownName: own == id ? nil : quoted,
      taskRole: .relayed)
  }

  private func taskOwner(_ id: [UInt8]) -> (service: Service, own: [UInt8])? {
    if services.count == 1, let service = services.first { return (service, id) }
    guard let (name, own) = TaskName.split(id) else { return nil }
    return services.first { $0.name.utf8.elementsEqual(name) }.map { ($0, own) }
  }

  /// What a `tools/call` has to do with tasks.
  func taskRole(of entry: Catalogue.Entry, _ request: Incoming) throws(CallError) -> TaskRole {
    let isAsked = !request.envelope.task.isAbsent && request.client.era == .legacy
    let service = services[entry.service]
    if isAsked {
      guard entry.taskSupport != .forbidden else {
        throw CallError(
          code: .methodNotFound,
          message:
            "The tool '\(Printable.text(entry.publicName, limit: 80))' cannot be called as a "
            + "task; call it without `task`.",
          service: service.name, reason: "task_not_supported")
      }
      return .relayed
    }
    return entry.taskSupport == .required ? .bridged([]) : .none
  }

  // MARK: Notifications

  /// `notifications/tasks/status` of a legacy service.
  func taskChanged(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service
  ) {
    let report = TaskReport(envelope.params, meta: envelope.meta, in: line.bytes)
    if report.hasEnded, let own = report.id { service.feed.tasks.ended(own) }
    guard session.isInitialized, session.legacyRevision == .r2025_11_25 else { return }
    let edits = service.prefixesTasks ? report.edits(service.name, in: line.bytes) : []
    session.notify(Splice(edits).applied(to: line.bytes))
  }

  /// Progress of a call that was answered with a task: its token holds until the task ends.
  func taskProgressed(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service
  ) {
    guard let number = JSON.integer(envelope.progressToken, in: line.bytes),
      let call = UInt64(exactly: number), let token = service.feed.tasks.token(ofCall: call),
      !session.isClogged
    else { return }
    let report = TaskReport(.absent, meta: envelope.meta, in: line.bytes)
    var splice = Splice(service.prefixesTasks ? report.edits(service.name, in: line.bytes) : [])
    splice.replace(envelope.progressToken, with: token)
    session.write(splice.applied(to: line.bytes))
  }

  /// The member of our capabilities that announces tasks, with its comma; empty without any.
  ///
  /// - Parameter revision: what the client speaks.
  func tasksMember(for revision: Revision) -> [UInt8] {
    let offers = services.compactMap(\.offer)
    if revision == .r2025_11_25, offers.contains(where: \.hasLegacyTasks) {
      return Array(
        #","tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#.utf8)
    }
    // With a single service its extensions are told as they are.
    if revision.era == .modern, services.count > 1, offers.contains(where: \.hasTaskExtension) {
      return Array(#","extensions":{"io.modelcontextprotocol/tasks":{}}"#.utf8)
    }
    return []
  }
}
