import Backend
import Loop
import MCP
import RawJSON
import Resilience

/// What is read in a service's messages before they are the client's.
extension Call {
  /// Writes a service's answer to the client; everything else about the call is done.
  func answer(_ line: UnsafeRawBufferPointer, _ envelope: Envelope, _ outcome: Outcome) {
    if envelope.kind == .result {
      if let plan, plan.wantsAnswer { return answerPlanned(line, envelope, plan, outcome) }
      if let read = extras?.read { return answerRead(line, envelope, read) }
      if service.renames { return answerRenamed(line, envelope) }
    }
    translate(line, envelope)
    write(line)
  }

  /// The call has been answered by a service. Of one attempt nothing is left to be told, and nobody
  /// else has the plan, so that the next call can have it, and this object with it.
  func over(_ outcome: Outcome) {
    guard let plan = plan.take() else { return }
    plan.releaseWaiters(outcome)
    guard extras == nil, plan.number == 1 else {
      self.plan = plan
      return
    }
    plan.putBack(with: self)
  }

  /// The service shares URIs with another, or has tasks: its names for them become those that
  /// clients know.
  func answerRenamed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let edits = renamings(line, envelope)
    guard !edits.isEmpty else {
      translate(line, envelope)
      return write(line)
    }
    Splice(edits).applied(to: line.bytes).withUnsafeBytes { renamed in
      guard let envelope = try? Envelope.scan(renamed.bytes) else { return }
      translate(renamed, envelope)
      write(renamed)
    }
  }

  func renamings(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> [Edit] {
    var edits = taskEdits(line, envelope)
    if method == .tasksGet {
      let requests = JSON.member("inputRequests", of: envelope.result, in: line.bytes)
      edits += Asking.edits(inRequests: requests, in: line.bytes, service)
    }
    if let names = service.uriNames {
      edits += Links.edits(in: envelope.result, of: method, in: line.bytes, names)
    }
    return edits
  }

  func progressValue(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Double {
    if let whole = JSON.integer(envelope.progress, in: line.bytes) { return Double(whole) }
    let text = line[envelope.progress.start..<envelope.progress.end]
    guard text.count <= 40 else { return .nan }
    return Double(String(decoding: text, as: UTF8.self)) ?? .nan
  }
}
