package import PluginKit
import Synchronization

/// The service: one store, and the tools that work on it.
///
/// Each call locks the store for one step, sets the time and carries the running jobs on.
package final class Sandbox: Sendable {
  private let store: Mutex<Store>
  private let clock: @Sendable () -> Timestamp

  package init(clock: @escaping @Sendable () -> Timestamp) {
    self.clock = clock
    store = Mutex(.seeded(at: clock()))
  }

  /// One step of a call, alone with the store.
  func step<Value: Sendable>(
    _ work: (inout Store) throws(Refusal) -> Value
  ) throws(Refusal) -> Value {
    let now = clock()
    return try store.withLock { store throws(Refusal) in
      store.now = now
      store.advanceJobs()
      return try work(&store)
    }
  }

  /// A service with all tools.
  package var service: Service {
    Service(
      "switchyard-asana-sandbox", version: "0.1.0", title: "Asana sandbox",
      instructions: """
        A workspace in memory with the tools of Asana: nothing here reaches a real account, \
        and all of it is gone when the service ends. Begin with asana_list_projects.
        """,
      tools: Self.tools.map { $0.tool(in: self) })
  }

  /// All 33, in the order in which they are listed.
  package static let tools: [SandboxTool] = projectTools + taskTools + collaborationTools
}
