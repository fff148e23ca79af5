package import Loop

/// A gateway that runs.
package struct GatewayRecord: Hashable, Sendable {
  package var process: ProcessIdentity
  /// The folder it serves.
  package var configuration: String
  /// Seconds since 1970.
  package var startedAt: Int64

  package init(process: ProcessIdentity, configuration: String, startedAt: Int64) {
    self.process = process
    self.configuration = configuration
    self.startedAt = startedAt
  }
}
