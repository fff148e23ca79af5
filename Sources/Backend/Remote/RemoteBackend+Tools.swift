import Loop
import MCP
import RawJSON
import Telemetry

/// What the tools of a modern server want in headers, and what is done when that has changed.
extension RemoteBackend {
  /// Keeps what the tools of a list want in headers.
  func noteTools(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let bytes = line.bytes
    let tools = JSON.member("tools", of: envelope.result, in: bytes)
    JSON.forEachElement(of: tools, in: bytes) { tool in
      let name = JSON.string(JSON.member("name", of: tool, in: bytes), in: bytes)
      guard let name else { return }
      parameterHeaders[name] = try? ParameterHeaders(tool: bytes, at: tool)
    }
  }

  /// -32020 says that the headers of a call are not what its tool wants now: nothing was executed.
  /// The tools are listed anew, once for all who were refused meanwhile, and the call goes out once
  /// more.
  ///
  /// - Returns: whether that is done.
  func waitsForTools(_ request: RemoteRequest, refusedWith body: [UInt8]) -> Bool {
    guard isModern, request.method == .toolsCall, !request.wasMismatched,
      body.count < RemoteRequest.longestExcerpt,
      let envelope = try? Envelope.scan(body.span.bytes), envelope.kind == .failure
    else { return false }
    let code = JSON.member("code", of: envelope.error, in: body.span.bytes)
    guard JSON.integer(code, in: body.span.bytes) == Int64(ErrorCode.headerMismatch.rawValue)
    else { return false }
    request.wasMismatched = true
    awaitingTools.append(request)
    if awaitingTools.count == 1 {
      log(.info, "remote.header_mismatch", ["service": service])
      ToolsRefresh(self).ask()
      delegate.backendDoubtsItsList(self)
    }
    return true
  }

  func toolsAreListed() {
    let requests = awaitingTools
    awaitingTools = []
    for request in requests { begin(request) }
  }
}

/// Our own `tools/list`, page by page, for the headers that calls need.
@EventLoop
private final class ToolsRefresh: Exchange {
  private static let mostPages = 100
  private unowned let backend: RemoteBackend
  private var pages = 0

  init(_ backend: RemoteBackend) { self.backend = backend }

  func ask(behind cursor: [UInt8]? = nil) {
    pages += 1
    backend.post(Messages.list(backend.nextID, .toolsList, cursor: cursor, era: .modern), for: self)
  }

  // The backend reads every list that passes.
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    let cursor = JSON.member("nextCursor", of: envelope.result, in: line.bytes)
    guard JSON.isString(cursor, in: line.bytes), pages < Self.mostPages else {
      return backend.toolsAreListed()
    }
    ask(behind: JSON.copy(cursor, in: line.bytes))
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  /// They go out nevertheless: the refusal of the second attempt is their answer.
  func failed(_ failure: BackendFailure) {
    if backend.ending == nil { backend.toolsAreListed() }
  }
}
