import Loop
import MCP
import RawJSON
import Resilience
import Telemetry

/// Tasks that the gateway itself has made of calls: how clients come by them and ask about them.
extension Gateway {
  /// A legacy client asks for a task and gets it at once; a modern one gets one if the call takes
  /// longer than `tasks.after`.
  func offerTask(_ call: any TaskWork, _ request: Incoming) {
    guard !call.isDone else { return }
    if request.client.era == .legacy {
      let time = JSON.member("ttl", of: request.envelope.task, in: request.line.bytes)
      call.becomeTask(in: offeredTasks, keptFor: JSON.integer(time, in: request.line.bytes))
    } else if call.client.profile.hasTasks, request.envelope.method == .toolsCall {
      offeredTasks.offerLater(call)
    }
  }

  /// Answers a request about a task of ours.
  func answer(_ request: Incoming, about task: OfferedTask) throws(CallError) {
    guard task.era == request.client.era else { throw .taskOfOtherEra() }
    switch request.envelope.method {
    case .tasksGet: replyWithTask(task, to: request)
    case .tasksCancel:
      // The extension takes a cancel of anything; 2025-11-25 knows it as a mistake.
      guard task.era == .modern || !task.isOver else {
        throw .invalidParams("The task is over already.", reason: "task_is_over")
      }
      task.cancel()
      replyWithTask(task, to: request)
    case .tasksUpdate:
      let responses = JSON.member(
        "inputResponses", of: request.envelope.params, in: request.line.bytes)
      guard JSON.isObject(responses, in: request.line.bytes) else {
        throw .invalidParams("params.inputResponses must be an object.")
      }
      task.work?.takeInput(responses, in: request.line)
      replyEmpty(to: request)
    case .tasksResult where task.isOver: task.deliver(to: request.id, session)
    case .tasksResult:
      let wait = TaskResultWait(
        request.id, for: task, session: session,
        until: EventLoop.turnTime.advanced(byNanoseconds: absoluteTime))
      task.wait(wait)
      session.ledger.open(request.id, wait)
    default: throw .methodNotFound(shownMethod(of: request))
    }
  }

  private func replyWithTask(_ task: OfferedTask, to request: Incoming) {
    if task.era == .modern, request.envelope.method == .tasksCancel {
      return replyEmpty(to: request)
    }
    var result: [UInt8] = [UInt8(ascii: "{")]
    if task.era == .modern {
      result += ModernResult.complete.utf8 + [UInt8(ascii: ",")] + session.identity.meta
      result.append(UInt8(ascii: ","))
    }
    session.reply(to: request.id, result: result + task.members + [UInt8(ascii: "}")])
  }

  private func replyEmpty(to request: Incoming) {
    session.reply(
      to: request.id,
      result: Array(("{" + ModernResult.complete + ",").utf8) + session.identity.meta
        + [UInt8(ascii: "}")])
  }

  // MARK: Notifications

  /// A task of ours has another status: legacy clients hear of it, modern ones that asked.
  func tell(_ task: OfferedTask) {
    guard ending == nil else { return }
    if task.era == .legacy {
      guard session.isInitialized, session.legacyRevision == .r2025_11_25 else { return }
      return session.notify(Notice.line(.tasksStatus, task.members))
    }
    deliver(task: task.id) { task.members }
  }

  /// To each listen that asked for the task.
  private func deliver(task id: [UInt8], _ members: () -> [UInt8]) {
    for listener in listeners.values where listener.honouredTasks.contains(id) {
      listener.notify(
        Notice.line(
          .tasksChanged,
          members() + [UInt8(ascii: ",")] + Notice.subscriptionMeta(listener.id)))
    }
  }

  /// `notifications/tasks` of a modern service.
  func extensionTaskChanged(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service
  ) {
    let bytes = line.bytes
    let report = TaskReport(envelope.params, meta: .absent, in: bytes)
    guard let own = report.id, service.feed.isOfCurrentListen(line, envelope) else { return }
    if report.hasEnded { service.feed.tasks.ended(own) }
    let id = service.prefixesTasks ? TaskName.adding(service.name, to: own) : own
    let listeners = listeners.values.filter { $0.honouredTasks.contains(id) }
    guard !listeners.isEmpty else { return }
    var edits = service.prefixesTasks ? report.edits(service.name, in: bytes) : []
    if let names = service.uriNames {
      edits += Links.edits(in: envelope.params, of: .tasksChanged, in: bytes, names)
    }
    let requests = JSON.member("inputRequests", of: envelope.params, in: bytes)
    guard Asking.isAllowed(requests, in: bytes, service.allowed) else { return }
    edits += Asking.edits(inRequests: requests, in: bytes, service)
    let renamed = Splice(edits).applied(to: bytes)
    guard let envelope = try? Envelope.scan(renamed.span.bytes) else { return }
    for listener in listeners {
      listener.notify(
        Notice.line(
          .tasksChanged,
          Notice.members(of: envelope, in: renamed.span.bytes, subscription: listener.id)))
    }
  }

  // MARK: Listens

  /// Asks each service about its tasks; our own are watched as they are.
  ///
  /// - Parameter settled: called for each service that has answered.
  func watch(
    tasks ids: [[UInt8]], for subscription: ListenSubscription,
    settled: @escaping @EventLoop () -> Void
  ) {
    for id in ids {
      if let task = offeredTasks.task(id) {
        if task.era == .modern { subscription.honouredTasks.append(id) }
        continue
      }
      guard let (service, own) = taskOwner(id) else { continue }
      subscription.openQuestions += 1
      service.feed.want(task: own) { [unowned self] isAgreed in
        let isOpen = listeners[subscription.id] === subscription
        if isAgreed, isOpen {
          subscription.honouredTasks.append(id)
        } else if isAgreed {
          service.feed.unwant(task: own)
        }
        settled()
      }
    }
  }

  /// A listen that was told of a task has ended.
  func unwatch(task id: [UInt8]) {
    guard offeredTasks.task(id) == nil, let (service, own) = taskOwner(id) else { return }
    service.feed.unwant(task: own)
  }
}

extension CallError {
  /// - Parameter service: whose task it is; nil for one of ours.
  static func taskOfOtherEra(_ service: String? = nil) -> CallError {
    CallError(
      code: .invalidParams,
      message: service.map { "Tasks of service '\($0)' belong to the other era of the protocol." }
        ?? "The task was made in the other era of the protocol; ask about it there.",
      service: service, reason: "task_of_other_era")
  }

  static func taskNotSupported(_ entry: Catalogue.Entry, _ service: String) -> CallError {
    CallError(
      code: .methodNotFound,
      message:
        "The tool '\(Printable.text(entry.publicName, limit: 80))' cannot be called as a "
        + "task; call it without `task`.",
      service: service, reason: "task_not_supported")
  }
}
