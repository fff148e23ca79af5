import PluginKit

/// Which fields of an answer are wanted: a tree of the dotted paths of `opt_fields`.
struct FieldSelection: Sendable {
  private var children: [(name: String, selection: FieldSelection)] = []

  /// - Parameter paths: such as `assignee.name`; what does not exist selects nothing.
  init(_ paths: [String]) {
    for path in paths {
      // Some callers write several paths into one element, as the API does.
      for part in path.split(separator: Character(",")) {
        insert(part.split(separator: Character(".")).map(String.init))
      }
    }
  }

  private init() {}

  private mutating func insert(_ path: [String]) {
    guard let first = path.first else { return }
    if !children.contains(where: { $0.name == first }) {
      children.append((first, FieldSelection()))
    }
    for index in children.indices where children[index].name == first {
      children[index].selection.insert(Array(path.dropFirst()))
    }
  }

  /// The gid and the wanted fields; a path that ends at an object takes the whole of it.
  func apply(to value: StructuredValue) -> StructuredValue {
    if children.isEmpty { return value }
    if let elements = value.array { return StructuredValue(elements.map { apply(to: $0) }) }
    guard value.object != nil else { return value }
    var members: [(String, StructuredValue)] = []
    if let gid = value["gid"] { members.append(("gid", gid)) }
    for child in children {
      guard let member = value[child.name] else { continue }
      members.append((child.name, child.selection.apply(to: member)))
    }
    return StructuredValue(members)
  }
}
