import Manifest
import RawJSON

/// The members of an answer that a tool keeps.
///
/// A path keeps what it leads to and nothing beside it; `[]` takes every item of an array. Items
/// of a list are projected one by one, so the paths do not begin with `[]`.
struct Projection {
  /// Members to keep; one without members of its own keeps the whole value.
  private indirect enum Tree {
    case all
    case members([(key: String, tree: Tree)])
  }

  private let tree: Tree

  init(_ fields: [ValuePath]) {
    let paths = fields.map { path in
      path.steps.compactMap { step -> String? in
        if case .member(let key) = step { key } else { nil }
      }
    }
    tree = paths.isEmpty ? .all : Self.tree(paths)
  }

  func applied(to value: JSONText) -> JSONText {
    guard case .members = tree else { return value }
    if value.isArray {
      var output: [UInt8] = [UInt8(ascii: "[")]
      for (index, item) in value.elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.append(item, tree, to: &output)
      }
      output.append(UInt8(ascii: "]"))
      return JSONText(written: output)
    }
    var output: [UInt8] = []
    Self.append(value, tree, to: &output)
    return JSONText(written: output)
  }

  private static func tree(_ paths: [[String]]) -> Tree {
    if paths.contains(where: \.isEmpty) { return .all }
    var keys: [String] = []
    for path in paths where !keys.contains(where: { $0.utf8.elementsEqual(path[0].utf8) }) {
      keys.append(path[0])
    }
    return .members(
      keys.map { key in
        let rest = paths.filter { $0[0].utf8.elementsEqual(key.utf8) }.map { Array($0.dropFirst()) }
        return (key, tree(rest))
      })
  }

  private static func append(_ value: JSONText, _ tree: Tree, to output: inout [UInt8]) {
    guard case .members(let members) = tree else { return value.append(to: &output) }
    if value.isArray {
      output.append(UInt8(ascii: "["))
      for (index, item) in value.elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        append(item, tree, to: &output)
      }
      output.append(UInt8(ascii: "]"))
      return
    }
    guard value.isObject else { return value.append(to: &output) }
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    for (key, inner) in members {
      guard let found = value[key] else { continue }
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      JSON.appendQuoted(key.utf8, to: &output)
      output.append(UInt8(ascii: ":"))
      append(found, inner, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }
}
