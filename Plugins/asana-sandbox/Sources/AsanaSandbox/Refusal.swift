import PluginKit

/// Why a call is not carried out, with what Asana would say and what to do next.
package struct Refusal: Error, Hashable, Sendable {
  /// The HTTP status that Asana would answer with.
  package let status: Int
  package let message: String
  package let help: String

  init(_ status: Int, _ message: String, help: String) {
    self.status = status
    self.message = message
    self.help = help
  }

  /// Nothing has this gid.
  static func unknown(_ kind: String, _ gid: Gid, help: String) -> Refusal {
    Refusal(404, "\(kind): Unknown object: \(gid.prefix(64))", help: help)
  }

  /// The arguments contradict each other or what is stored.
  static func invalid(_ message: String, help: String) -> Refusal {
    Refusal(400, message, help: help)
  }

  /// As the service answers a call: text for the model, and the errors in Asana's shape.
  var result: ToolResult {
    ToolResult(
      [.text("Asana (sandbox) answered \(status): \(message). \(help)")],
      structured: ["status": StructuredValue(status), "errors": errors], isError: true)
  }

  var errors: StructuredValue {
    [["message": StructuredValue(message), "help": StructuredValue(help)]]
  }
}
