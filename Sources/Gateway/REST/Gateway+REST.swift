import Backend
import Loop
import MCP
import Manifest
import RawJSON

extension Gateway {
  /// A call of a tool whose service is an HTTP API.
  ///
  /// - Parameter number: which service, where the tool belongs to a group.
  func startREST(
    _ request: Incoming, _ entry: Catalogue.Entry, on number: Int? = nil, plan: CallPlan? = nil
  ) throws(CallError) {
    if entry.service == Surface.index { return try callSurface(request, entry) }
    // The gateway ends: what has not begun does not begin.
    guard ending == nil else { throw .shuttingDown }
    let number = number ?? entry.service
    let service = slots[rest: number]
    guard let service, let tool = service.tool(named: entry.ownName(for: number)) else {
      throw .unknown("tool", "of a service that is gone")
    }
    let bytes = request.line.bytes
    let token = request.envelope.progressToken
    guard token.isAbsent || RequestID.isLegal(token, in: bytes) else {
      throw .invalidParams("params._meta.progressToken must be a string or an integer.")
    }
    let notifier = RESTNotifier(
      token: JSON.copy(token, in: bytes), stream: tool.value.stream,
      wantsItems: !token.isAbsent && wantsItems(request))
    let isTask = try wantsTask(request, of: entry, service.name)
    let isProbe = try service.admitsCall()
    let call = RESTCall(
      session: session, id: request.id, client: request.client, service: service, entry: entry,
      tool: tool,
      notifier: notifier,
      times: CallTimes(
        start: plan?.start ?? EventLoop.turnTime, patience: service.patience(for: tool.value),
        absolute: absoluteTime),
      logLevel: request.wantedLevel)
    call.isProbe = isProbe
    call.plan = plan
    if wantsSpans { call.trace = traceParent(of: request) }
    service.callBegins()
    session.ledger.open(request.id, call)
    call.start(JSON.copy(request.envelope.arguments, in: bytes))
    if isTask { offerTask(call, request) }
  }

  private func wantsItems(_ request: Incoming) -> Bool {
    let bytes = request.line.bytes
    let items = JSON.member(RESTNotifier.itemsKey, of: request.envelope.meta, in: bytes)
    return JSON.copy(items, in: bytes).elementsEqual("true".utf8)
  }
}
