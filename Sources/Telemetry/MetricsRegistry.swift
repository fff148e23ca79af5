import RawJSON

/// All figures of a gateway. They outlive changes of the catalogue: a tool is found by its name.
///
/// Owned by the loop. Finding costs a look-up by name, so whoever observes often keeps what it
/// was given.
package final class MetricsRegistry {
  /// Tools with figures of their own; the others of a service share one set.
  package static let mostTools = 2_000
  /// The name of the tool that stands for the others.
  package static let others = "(others)"

  private struct Key: Hashable {
    var service: [UInt8]
    var tool: [UInt8]
  }

  private var tools: [Key: ToolStatistics] = [:]
  private var services: [ByteKey: ServiceStatistics] = [:]

  package init() {}

  package func tool(_ tool: String, of service: String) -> ToolStatistics {
    let key = Key(service: Array(service.utf8), tool: Array(tool.utf8))
    if let known = tools[key] { return known }
    guard tools.count < Self.mostTools || tool == Self.others else {
      return self.tool(Self.others, of: service)
    }
    let statistics = ToolStatistics(service: service, tool: tool)
    tools[key] = statistics
    return statistics
  }

  package func service(_ name: String) -> ServiceStatistics {
    let key = ByteKey(Array(name.utf8))
    if let known = services[key] { return known }
    let statistics = ServiceStatistics(service: name)
    services[key] = statistics
    return statistics
  }

  /// Those that were ever asked for, by service and name.
  package var allTools: [ToolStatistics] {
    tools.sorted { left, right in
      left.key.service == right.key.service
        ? left.key.tool.lexicographicallyPrecedes(right.key.tool)
        : left.key.service.lexicographicallyPrecedes(right.key.service)
    }.map(\.value)
  }

  package var allServices: [ServiceStatistics] {
    services.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }.map(\.value)
  }

  /// Those of one service, the most called first.
  package func tools(of service: String) -> [ToolStatistics] {
    allTools.filter { $0.service.utf8.elementsEqual(service.utf8) }.sorted { $0.calls > $1.calls }
  }
}
