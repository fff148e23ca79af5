import YAML

/// What a manifest says, key by key, so that two readings of it can be compared.
///
/// Of each key there is a digest of its value with variables and secrets filled in, good within
/// this process only. Comments, the order of keys and the way in which values are quoted make no
/// difference. Keys are told two levels deep: `process.args`, `tools.exclude`.
package struct ManifestParts: Hashable, Sendable {
  private var digests: [String: Int] = [:]

  package init() {}

  init(_ root: Node, _ variables: Variables) {
    for pair in root.pairs ?? [] {
      guard let inner = pair.value.pairs, !inner.isEmpty else {
        digests[pair.key] = Self.digest(pair.value, variables)
        continue
      }
      for part in inner {
        digests[pair.key + "." + part.key] = Self.digest(part.value, variables)
      }
    }
  }

  /// The keys that only one of them has, or that have another value, sorted by their bytes.
  package func differences(from other: ManifestParts) -> [String] {
    Set(digests.keys).union(other.digests.keys).filter { digests[$0] != other.digests[$0] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func digest(_ node: Node, _ variables: Variables) -> Int {
    var hasher = Hasher()
    combine(node, variables, &hasher)
    return hasher.finalize()
  }

  private static func combine(_ node: Node, _ variables: Variables, _ hasher: inout Hasher) {
    switch node.content {
    case .scalar(let scalar):
      // An unquoted 5 may be a number where a quoted one is a text.
      hasher.combine(scalar.style == .plain)
      combine(value(of: scalar.text, variables), &hasher)
    case .sequence(let items):
      hasher.combine(items.count)
      for item in items { combine(item, variables, &hasher) }
    case .mapping(let pairs):
      hasher.combine(-1 - pairs.count)
      for pair in pairs.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        combine(pair.key, &hasher)
        combine(pair.value, variables, &hasher)
      }
    }
  }

  /// By its bytes: two texts that only look alike are not one.
  private static func combine(_ text: String, _ hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(0xFF as UInt8)
  }

  private static func value(of text: String, _ variables: Variables) -> String {
    guard let template = try? Template(text), template.hasReferences else { return text }
    return (try? variables.expand(template)) ?? text
  }
}
