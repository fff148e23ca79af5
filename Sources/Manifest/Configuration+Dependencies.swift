import YAML

/// What `after` says of services, checked over all manifests (row M09).
extension Configuration {
  /// Services that come after one that does not exist, or after themselves by whatever way, are
  /// off; the others are not touched.
  mutating func refuseImpossibleOrder() {
    guard services.contains(where: { $0.manifest?.after.isEmpty == false }) else { return }
    let names = services.map(\.name)
    for index in services.indices {
      guard let manifest = services[index].manifest else { continue }
      let unknown = manifest.after.filter { !names.contains($0) }
      let others = names.filter { $0 != manifest.name }
      refuse(index, unknown.map { Self.unknownService($0, known: others) })
    }
    // All of a circle are told, so none is off before the last has been looked at.
    let order = StartOrder(self)
    let circles = services.indices.map { order.circle(through: services[$0].name) }
    for (index, circle) in zip(services.indices, circles) {
      guard let circle else { continue }
      refuse(index, ["'after' goes round in a circle: \(circle.joined(separator: " -> "))"])
    }
  }

  private mutating func refuse(_ index: Int, _ messages: [String]) {
    guard !messages.isEmpty, let manifest = services[index].manifest else { return }
    services[index].state = .off(
      messages.map { Diagnostic($0, in: manifest.file, at: manifest.afterPosition ?? .start) })
  }

  private static func unknownService(_ name: String, known: [String]) -> String {
    let nearest = NearestKey.to(name, among: known)
    let hint =
      nearest.map { "; did you mean '\($0)'?" }
      ?? (known.isEmpty ? "" : "; there are \(known.joined(separator: ", "))")
    return "'after' names the service '\(name)', which there is not\(hint)"
  }
}

/// Which service comes after which.
struct StartOrder {
  private var after: [String: [String]] = [:]

  init(_ configuration: Configuration) {
    for entry in configuration.services {
      if let names = entry.manifest?.after, !names.isEmpty { after[entry.name] = names }
    }
  }

  /// The way from a service to itself, both ends included; nil if there is none.
  func circle(through name: String) -> [String]? {
    var seen: Set<String> = []
    var ways = after[name] == nil ? [] : [[name]]
    while let way = ways.popLast() {
      for next in after[way.last ?? name] ?? [] {
        if next == name { return way + [name] }
        if seen.insert(next).inserted { ways.append(way + [next]) }
      }
    }
    return nil
  }
}
