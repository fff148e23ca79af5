import Backend
import Loop
import MCP
import RawJSON
import Telemetry

/// What a line is, in which era, and who gets it.
extension ClientSession {
  func receive(_ line: UnsafeRawBufferPointer) {
    if delegate?.answersAgain(line, of: self) == true { return }
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.bytes)
    } catch {
      return refuse(line, error)
    }
    receive(line, envelope)
  }

  private func receive(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    switch envelope.kind {
    case .request: receiveRequest(line, envelope)
    case .notification: receiveNotification(line, envelope)
    // What answers nothing that was asked is dropped (row C16).
    case .result, .failure: reverse.answered(line, envelope)
    case .batch: receiveBatch(line, envelope)
    }
  }

  /// Arrays exist in one revision only, 2025-03-26 (row C05).
  private func receiveBatch(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    guard legacyRevision == .r2025_03_26 else {
      return refuse(.invalidRequest("Batches exist in revision 2025-03-26 only."))
    }
    var elements: [ByteRange] = []
    JSON.forEachElement(of: envelope.whole, in: line.bytes) { elements.append($0) }
    if elements.isEmpty { return refuse(.invalidRequest("The batch is empty.")) }
    for element in elements {
      let part = UnsafeRawBufferPointer(rebasing: line[element.start..<element.end])
      guard let inner = try? Envelope.scan(part.bytes), inner.kind != .batch else {
        refuse(.invalidRequest("An element of the batch is not a message."))
        continue
      }
      receive(part, inner)
    }
  }

  private func receiveNotification(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if envelope.method == .cancelled {
      let id = RequestID(envelope.requestId, in: line.bytes)
      // Unknown and finished ids are ignored: the answer may have crossed the cancel (row C19).
      guard let id, let request = ledger.take(id) else { return }
      return request.cancelled()
    }
    if envelope.method == .progress { return reverse.progressed(line, envelope) }
    if envelope.method == .initialized { isInitialized = true }
    becomeActive()
    delegate?.noticed(line, envelope, of: self)
  }

  private func receiveRequest(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let id = RequestID(scanned: envelope.id, in: line.bytes)
    guard !ledger.contains(id) else {
      let shown = Printable.text(id.bytes, limit: 64)
      return refuse(.invalidRequest("The id \(shown) is in flight already; it keeps one answer."))
    }
    if envelope.method != .initialize, envelope.method != .discover { becomeActive() }
    do throws(CallError) {
      let client = try context(of: envelope, in: line)
      delegate?.serve(Incoming(line: line, envelope: envelope, id: id, client: client), of: self)
    } catch {
      reply(to: id, error: error)
    }
  }

  private func becomeActive() {
    guard !isActive else { return }
    isActive = true
    delegate?.clientIsActive(self)
  }

  /// Modern if it says so itself, else as agreed in `initialize`, else the newest
  /// legacy revision without capabilities (row C13).
  private func context(
    of envelope: Envelope, in line: UnsafeRawBufferPointer
  ) throws(CallError) -> ClientContext {
    guard envelope.isModern else {
      newestEra = .legacy
      return ClientContext(revision: legacyRevision ?? .newestLegacy, profile: legacyProfile)
    }
    guard let revision = Revision(envelope.protocolVersion, in: line.bytes),
      revision.era == .modern
    else {
      throw .unsupportedVersion(JSON.string(envelope.protocolVersion, in: line.bytes) ?? [])
    }
    guard !envelope.clientCapabilities.isAbsent else {
      throw .invalidParams(
        "params._meta lacks the required key io.modelcontextprotocol/clientCapabilities")
    }
    hasUsedModern = true
    newestEra = .modern
    return ClientContext(
      revision: revision, profile: profile(envelope.clientCapabilities, in: line))
  }

  /// What a modern request declares; nearly always the same as the one before.
  private func profile(_ range: ByteRange, in line: UnsafeRawBufferPointer) -> ClientProfile {
    if range.count == 2 { return .none }
    let text = UnsafeRawBufferPointer(rebasing: line[range.start..<range.end])
    if text.elementsEqual(modernProfile.text) { return modernProfile.profile }
    let profile = ClientProfile(range, in: line.bytes, era: .modern)
    modernProfile = (Array(text), profile)
    delegate?.clientIntroduced(profile, of: self)
    return profile
  }
}
