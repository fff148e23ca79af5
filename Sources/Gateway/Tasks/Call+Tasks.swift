import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// What a call has to do with tasks.
enum TaskRole {
  case none
  /// The client asked for a task, or asks about one.
  case relayed
  /// The tool can only be called as a task, and the client does not: the gateway makes one and
  /// waits for its result. The id is the service's own, empty until it is known.
  case bridged([UInt8])
  /// The gateway may make a task of it, as which it goes on here; the service knows nothing of it.
  case offerable

  /// Whether the gateway may make a task of the call, which a client of this era has made: for a
  /// legacy one only where it asks for it.
  func mayBecomeOurs(_ era: Era) -> Bool {
    switch self {
    case .none, .relayed: false
    case .bridged: era == .modern
    case .offerable: true
    }
  }
}

extension Call {
  /// A tool that its service does not know, though it has listed it, may be gone (row B31).
  func doubtList(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let code = JSON.integer(envelope.errorCode, in: line.bytes)
    guard method == .toolsCall, code == -32602 || code == -32601 else { return }
    service.host.toolMayBeGone(at: service)
  }

  /// Adds what makes a call a task; the client's own words come first.
  func askForTask(_ envelope: Envelope) {
    guard case .bridged = taskRole, envelope.task.isAbsent else { return }
    session.splice.insert(at: envelope.params.start + 1) { $0 += #""task":{},"#.utf8 }
  }

  /// Whether the answer was a task that is now waited for.
  func takesAsTask(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    if extras != nil, pursuesTask(line, envelope) { return true }
    if case .bridged(let known) = taskRole, known.isEmpty, envelope.kind == .result, let backend {
      let report = TaskReport(envelope.result, meta: .absent, in: line.bytes)
      guard let own = report.id else { return false }
      taskRole = .bridged(own)
      clock.progressed(at: EventLoop.turnTime)
      upstreamID = backend.nextID
      backend.send(Messages.taskRequest(upstreamID, .tasksResult, own), for: self)
      return true
    }
    if method == .tasksGet, envelope.kind == .result,
      !Asking.isAllowed(
        JSON.member("inputRequests", of: envelope.result, in: line.bytes), in: line.bytes,
        service.allowed.intersection(client.profile.abilities))
    {
      breachOfProtocol("asks the client for what it has not declared or its manifest not allowed")
      return true
    }
    if isTask(envelope, in: line.bytes), client.era == .legacy || !toldProfile.hasTasks {
      breachOfProtocol("answers with a task, which its client does not know")
      return true
    }
    return false
  }

  /// Whether a modern service has answered with a task.
  private func isTask(_ envelope: Envelope, in bytes: RawSpan) -> Bool {
    !envelope.resultType.isAbsent && JSON.equals(envelope.resultType, "task", in: bytes)
  }

  /// Keeps what the answer says of a task, and returns the edits of its ids.
  func taskEdits(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> [Edit] {
    let bytes = line.bytes
    guard service.hasTasks, ownTask == nil, mentionsTask || isTask(envelope, in: bytes) else {
      return []
    }
    if case .bridged = taskRole {
      // Nobody but us knows of it: the result is that of an ordinary call.
      return []
    }
    let report = TaskReport(envelope.result, meta: envelope.meta, in: bytes)
    guard let own = report.id else { return [] }
    let feed = service.feed
    if report.hasEnded || method == .tasksResult {
      feed.tasks.ended(own)
    } else if method == .toolsCall {
      feed.tasks.made(
        own, by: upstreamID, token: token.bytes, keptFor: report.time.map { .milliseconds($0) },
        at: EventLoop.turnTime)
    }
    return service.prefixesTasks ? report.edits(service.name, in: bytes) : []
  }

  private var mentionsTask: Bool {
    switch taskRole {
    case .none, .offerable: false
    case .relayed, .bridged: true
    }
  }

  /// The call is given up: a task that only we know of is cancelled as well.
  func cancelBridgedTask() {
    guard case .bridged(let own) = taskRole, !own.isEmpty, let backend, backend.isAccepting else {
      return
    }
    backend.send(
      Messages.taskRequest(backend.nextID, .tasksCancel, own), for: UnheededExchange())
  }
}
