import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// Tasks of services: those of 2025-11-25 between legacy peers, those of the extension
/// of 2026-07-28 between modern ones; and tasks of our own, where the manifest offers
/// them or where client and service know tasks of different eras.
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
    if let task = offeredTasks.task(id) { return try answer(request, about: task) }
    guard let (service, own) = taskOwner(id) else {
      throw .unknown("task", "'\(Printable.text(id, limit: 80))'")
    }
    // A service that has processes of both eras decides itself what it knows.
    let era = service.readyEra ?? service.offer?.introduction.revision.era
    guard era == nil || era == request.client.era || service.twin != nil else {
      throw .taskOfOtherEra(service.name)
    }
    var quoted: [UInt8] = []
    JSON.appendQuoted(own, to: &quoted)
    try start(
      request, on: service, nameRange: range, ownName: own == id ? nil : quoted,
      taskRole: .relayed)
  }

  func taskOwner(_ id: [UInt8]) -> (service: Service, own: [UInt8])? {
    if services.count == 1, let service = services.first { return (service, id) }
    guard let (name, own) = TaskName.split(id) else { return nil }
    return services.first { $0.name.utf8.elementsEqual(name) }.map { ($0, own) }
  }

  /// What a `tools/call` has to do with tasks.
  func taskRole(of entry: Catalogue.Entry, _ request: Incoming) throws(CallError) -> TaskRole {
    let isAsked = !request.envelope.task.isAbsent && request.client.era == .legacy
    switch entry.taskSupport {
    case .forbidden where isAsked: throw .taskNotSupported(entry, slots[entry.service].name)
    case .forbidden: return .none
    case .optional, .required:
      if isAsked { return .relayed }
      if entry.taskSupport == .required { return .bridged([]) }
      return request.client.profile.hasTasks ? .offerable : .none
    case .offered:
      // The service's own tasks are better than ours, where the client knows them.
      let isOwn = slots[entry.service].offer?.hasTaskExtension == true
      return try wantsOurTask(request) && (isAsked || !isOwn) ? .offerable : .none
    }
  }

  /// Whether the call of a tool that the gateway makes tasks of may become one.
  func wantsOurTask(_ request: Incoming) throws(CallError) -> Bool {
    guard request.client.era == .legacy else { return request.client.profile.hasTasks }
    guard !request.envelope.task.isAbsent else { return false }
    guard offeredTasks.hasRoom else { throw .tooManyTasks(offeredTasks.limits.count) }
    return true
  }

  /// The same for a tool of a service that makes no tasks.
  func wantsTask(
    _ request: Incoming, of entry: Catalogue.Entry, _ service: String
  ) throws(CallError) -> Bool {
    if entry.taskSupport == .offered { return try wantsOurTask(request) }
    if request.client.era == .legacy, !request.envelope.task.isAbsent {
      throw .taskNotSupported(entry, service)
    }
    return false
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

  /// The member of our capabilities that announces tasks of 2025-11-25, with its comma; empty
  /// without any.
  func tasksMember(for revision: Revision) -> [UInt8] {
    guard revision == .r2025_11_25,
      offersTasks || services.contains(where: { $0.offer?.hasLegacyTasks == true })
    else { return [] }
    return Array(#","tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#.utf8)
  }

  /// Whether modern clients are told of the extension though no single service says so itself.
  var announcesTaskExtension: Bool {
    offersTasks || services.contains { $0.offer?.hasLegacyTasks == true }
      || services.count > 1 && services.contains { $0.offer?.hasTaskExtension == true }
  }

  /// Whether a call may become a task of ours: a manifest says so, or a modern service has tasks,
  /// which legacy clients know as ours.
  var offersTasks: Bool {
    services.contains {
      !$0.manifest.tools.tasks.isEmpty || $0.offer?.hasTaskExtension == true
    } || restServices.contains { !$0.manifest.tools.tasks.isEmpty }
  }
}
