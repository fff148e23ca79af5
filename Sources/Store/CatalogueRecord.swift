/// What a service offered when it was last asked, as raw JSON.
package struct CatalogueRecord: Hashable, Sendable {
  package var service: String
  /// See `CommandDigest`.
  package var digest: String
  /// The revision that was spoken, as on the wire.
  package var revision: String
  /// JSON objects; empty when there was none.
  package var serverInfo: [UInt8]
  package var capabilities: [UInt8]
  /// UTF-8 text, not JSON; nil when there was none.
  package var instructions: [UInt8]?
  /// JSON arrays, all pages joined.
  package var tools: [UInt8]
  package var prompts: [UInt8]
  package var resources: [UInt8]
  package var templates: [UInt8]
  /// Seconds since 1970.
  package var updatedAt: Int64

  package init(
    service: String, digest: String, revision: String, serverInfo: [UInt8] = [],
    capabilities: [UInt8] = [], instructions: [UInt8]? = nil, tools: [UInt8] = [],
    prompts: [UInt8] = [], resources: [UInt8] = [], templates: [UInt8] = [], updatedAt: Int64 = 0
  ) {
    self.service = service
    self.digest = digest
    self.revision = revision
    self.serverInfo = serverInfo
    self.capabilities = capabilities
    self.instructions = instructions
    self.tools = tools
    self.prompts = prompts
    self.resources = resources
    self.templates = templates
    self.updatedAt = updatedAt
  }
}
