/// Names in `_meta` that the protocol reserves (2026-07-28, `_meta` key grammar).
package enum MetaKey {
  /// What every reserved name starts with.
  package static let prefix: StaticString = "io.modelcontextprotocol/"
  package static let protocolVersion: StaticString = "io.modelcontextprotocol/protocolVersion"
  package static let clientInfo: StaticString = "io.modelcontextprotocol/clientInfo"
  package static let clientCapabilities: StaticString = "io.modelcontextprotocol/clientCapabilities"
  package static let logLevel: StaticString = "io.modelcontextprotocol/logLevel"
  package static let serverInfo: StaticString = "io.modelcontextprotocol/serverInfo"
  package static let subscriptionId: StaticString = "io.modelcontextprotocol/subscriptionId"
  /// 2025-11-25: names the task to which a result belongs.
  package static let relatedTask: StaticString = "io.modelcontextprotocol/related-task"
  package static let progressToken: StaticString = "progressToken"
}
