import Backend
import Loop
import MCP
import Manifest
import RawJSON

extension Gateway {
  /// A call of a tool whose service is an HTTP API.
  ///
  /// - Parameter service: which one, where the tool belongs to a group.
  func startREST(
    _ request: Incoming, _ entry: Catalogue.Entry, on service: Int? = nil, plan: CallPlan? = nil
  ) throws(CallError) {
    // The gateway ends: what has not begun does not begin.
    guard ending == nil else { throw .shuttingDown }
    let number = service ?? entry.service
    let index = number - services.count
    guard restServices.indices.contains(index),
      let tool = restServices[index].tool(named: entry.ownName(for: number))
    else { throw .unknown("tool", "of a service that is gone") }
    let api = restServices[index]
    let bytes = request.line.bytes
    let token = request.envelope.progressToken
    guard token.isAbsent || RequestID.isLegal(token, in: bytes) else {
      throw .invalidParams("params._meta.progressToken must be a string or an integer.")
    }
    let items = JSON.member(RESTNotifier.itemsKey, of: request.envelope.meta, in: bytes)
    let notifier = RESTNotifier(
      token: JSON.copy(token, in: bytes), stream: tool.stream,
      wantsItems: JSON.copy(items, in: bytes).elementsEqual("true".utf8))
    let isProbe = try api.admitsCall()
    let call = RESTCall(
      session: session, id: request.id, client: request.client, service: api, entry: entry,
      tool: tool,
      notifier: notifier,
      times: CallTimes(
        start: plan?.start ?? EventLoop.turnTime, patience: api.patience(for: tool),
        absolute: absoluteTime))
    call.isProbe = isProbe
    call.plan = plan
    api.inFlight += 1
    session.ledger.open(request.id, call)
    call.start(JSON.copy(request.envelope.arguments, in: bytes))
  }
}
