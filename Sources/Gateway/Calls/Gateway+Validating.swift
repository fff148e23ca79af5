import Backend
import MCP
import Manifest
import RawJSON
import Telemetry

extension Gateway {
  /// Whether the arguments of a call break the schema of its tool; the call is answered then.
  func refusesArguments(
    of request: Incoming, for entry: Catalogue.Entry, by schema: ArgumentSchema
  ) throws(CallError) -> Bool {
    let range = request.envelope.arguments
    guard range.count <= ArgumentSchema.sizeLimit else { return false }
    let arguments =
      range.isAbsent
      ? JSONValue.object(JSONObject()) : JSONValue(range, in: request.line.bytes)
    let violations = schema.violations(in: arguments)
    guard !violations.isEmpty else { return false }
    let failure = RESTFailure.invalid(violations, tool: Printable.text(entry.publicName))
    guard request.envelope.task.isAbsent || request.client.era == .modern else {
      throw .invalidParams(failure.text, reason: "invalid_arguments")
    }
    session.reply(
      to: request.id, ToolResult(failure, for: request.client, from: session.identity))
    return true
  }
}
