import MCP
import RawJSON
import Synchronization

/// One client: reads its messages, answers at once what needs no handler, starts the rest.
///
/// The era is decided per message. All that is remembered is the revision that the
/// last `initialize` agreed on, because batches are legal in one of them.
final class Session: Sendable {
  let service: Service
  let output: Output
  let calls = CallTable()
  private let agreed = Mutex<Revision?>(nil)

  /// Takes one response; nil stands for a cancelled request, which has none.
  typealias Reply = @Sendable ([UInt8]?) -> Void

  init(service: Service, output: Output) {
    self.service = service
    self.output = output
  }

  /// Takes one line without its end. Called from one thread only.
  func receive(_ line: [UInt8]) {
    let envelope: Envelope
    do {
      envelope = try Envelope.scan(line.span.bytes)
    } catch {
      return refuse(error, in: line) { [output] in if let line = $0 { output.write(line) } }
    }
    if envelope.kind == .batch { return receiveBatch(line, envelope.whole) }
    take(envelope, in: line) { [output] in if let line = $0 { output.write(line) } }
  }

  /// Answers a line that was longer than `Connection.lineLimit`.
  func receiveTooLong() {
    let failure = Failure(.invalidRequest, "the line is longer than \(Connection.lineLimit) bytes")
    output.write(Answer.failure(failure, id: unknownID))
  }

  /// The id of an answer to a message whose id could not be read: absent in the
  /// modern era, null where JSON-RPC alone decides.
  private var unknownID: [UInt8]? {
    agreed.withLock { $0 } == nil ? nil : Array("null".utf8)
  }

  private func refuse(_ error: EnvelopeError, in line: [UInt8], _ reply: Reply) {
    let id = error.id.isAbsent ? unknownID : JSON.copy(error.id, in: line.span.bytes)
    let code: ErrorCode = error.isParseError ? .parse : .invalidRequest
    reply(Answer.failure(Failure(code, "\(error)"), id: id))
  }

  private func receiveBatch(_ line: [UInt8], _ whole: ByteRange) {
    guard agreed.withLock({ $0 }) == .r2025_03_26 else {
      let failure = Failure(.invalidRequest, "batches exist in 2025-03-26 only")
      return output.write(Answer.failure(failure, id: unknownID))
    }
    let bytes = line.span.bytes
    var elements: [[UInt8]] = []
    JSON.forEachElement(of: whole, in: bytes) {
      elements.append(JSON.copy($0, in: bytes))
    }
    guard !elements.isEmpty else {
      let failure = Failure(.invalidRequest, "the batch is empty")
      return output.write(Answer.failure(failure, id: unknownID))
    }
    let batch = Batch(count: elements.count, output: output)
    for element in elements {
      do {
        let envelope = try Envelope.scan(element.span.bytes)
        take(envelope, in: element) { batch.add($0) }
      } catch {
        refuse(error, in: element) { batch.add($0) }
      }
    }
  }

  private func take(_ envelope: Envelope, in line: [UInt8], _ reply: @escaping Reply) {
    switch envelope.kind {
    case .request:
      let request = Request(envelope, in: line)
      do {
        try answer(request, reply)
      } catch {
        reply(Answer.failure(error, id: request.id))
      }
    case .notification:
      if envelope.method == .cancelled, !envelope.requestId.isAbsent {
        calls.cancel(JSON.copy(envelope.requestId, in: line.span.bytes))
      }
      reply(nil)
    case .batch:
      reply(Answer.failure(Failure(.invalidRequest, "a batch inside a batch"), id: unknownID))
    // We ask the client nothing, so no response is expected.
    case .result, .failure: reply(nil)
    }
  }

  private func answer(_ request: Request, _ reply: @escaping Reply) throws(Failure) {
    try request.checkEnvelope()
    switch (request.method, request.era) {
    case (.initialize, .legacy): reply(initialize(request))
    case (.ping, .legacy): reply(Answer.result(JSONObject(), to: request, from: service))
    case (.discover, .modern): reply(discover(request))
    case (.discover, .legacy):
      throw Failure(.invalidParams, "params._meta lacks \(Request.versionKey)")
    case (.toolsList, _) where !service.tools.isEmpty:
      reply(try list("tools", service.tools.map(\.json), for: request))
    case (.promptsList, _) where !service.prompts.isEmpty:
      reply(try list("prompts", service.prompts.map(\.json), for: request))
    case (.resourcesList, _) where !service.resources.isEmpty:
      reply(try list("resources", service.resources.map(\.json), for: request))
    case (.resourcesTemplatesList, _) where !service.resources.isEmpty:
      reply(try list("resourceTemplates", [], for: request))
    case (.toolsCall, _) where !service.tools.isEmpty: try callTool(request, reply)
    case (.promptsGet, _) where !service.prompts.isEmpty: try getPrompt(request, reply)
    case (.resourcesRead, _) where !service.resources.isEmpty: try readResource(request, reply)
    default:
      throw Failure(.methodNotFound, "no method '\(request.methodName.prefix(128))' here")
    }
  }

  private func initialize(_ request: Request) -> [UInt8] {
    let asked = request.params["protocolVersion"]?.stringValue
    let known = Revision.legacy.first { $0.rawValue == asked } ?? .newestLegacy
    agreed.withLock { $0 = known }
    var result = JSONObject()
    result["protocolVersion"] = .string(known.rawValue)
    result["capabilities"] = service.capabilities
    result["serverInfo"] = service.information
    if let instructions = service.instructions { result["instructions"] = .string(instructions) }
    return Answer.result(result, to: request, from: service)
  }

  private func discover(_ request: Request) -> [UInt8] {
    var result = JSONObject()
    // A client that sees a legacy revision here may fall back to the handshake.
    result["supportedVersions"] = [.string(Revision.newest.rawValue)]
    result["capabilities"] = service.capabilities
    if let instructions = service.instructions { result["instructions"] = .string(instructions) }
    return Answer.result(result, to: request, from: service, isCacheable: true)
  }

  private func list(
    _ key: String, _ items: [JSONValue], for request: Request
  ) throws(Failure) -> [UInt8] {
    // Every list fits on one page, so no cursor was ever given out.
    guard request.params["cursor"] == nil else {
      throw Failure(.invalidParams, "unknown cursor")
    }
    var result = JSONObject()
    result[key] = .array(items)
    return Answer.result(result, to: request, from: service, isCacheable: true)
  }
}

/// The answers to one batch, which go out together when the last one is there.
private final class Batch: Sendable {
  private let output: Output
  private let state: Mutex<(missing: Int, answers: [[UInt8]])>

  init(count: Int, output: Output) {
    self.output = output
    state = Mutex((count, []))
  }

  /// Takes the answer of one element; nil for one that gets none.
  func add(_ answer: [UInt8]?) {
    let answers = state.withLock { state -> [[UInt8]] in
      state.missing -= 1
      if let answer { state.answers.append(answer) }
      return state.missing == 0 ? state.answers : []
    }
    guard !answers.isEmpty else { return }
    output.write([UInt8(ascii: "[")] + answers.joined(separator: [UInt8(ascii: ",")]) + [0x5D])
  }
}
