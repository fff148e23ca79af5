import Manifest
import RawJSON

/// An item that a step got, and what later steps attach to it: one node of a tree that is put
/// together from many answers. A reference, so that what is attached is seen by every list that
/// holds the item.
///
/// `@unchecked Sendable`: made and changed on the loop only.
package final class StepNode: @unchecked Sendable {
  let text: JSONText
  private(set) var attached: [(key: String, value: StepValue)] = []

  init(_ text: JSONText) { self.text = text }

  func attach(_ value: StepValue, as key: String) {
    attached.removeAll { $0.key.utf8.elementsEqual(key.utf8) }
    attached.append((key, value))
  }

  /// What was attached under a key, or else the member of the item itself.
  subscript(key: String) -> StepValue? {
    if let found = attached.first(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
      return found.value
    }
    guard let member = text[key] else { return nil }
    return member.isArray ? .list(member.elements.map { StepNode($0) }) : .node(StepNode(member))
  }

  func append(to output: inout [UInt8]) {
    guard !attached.isEmpty else { return text.append(to: &output) }
    var members: [UInt8] = []
    for (key, value) in attached {
      if !members.isEmpty { members.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(key.utf8, to: &members)
      members.append(UInt8(ascii: ":"))
      value.append(to: &members)
    }
    text.adding(attached.map(\.key), members).append(to: &output)
  }
}

/// The value of a step, or a part of one.
package enum StepValue: Sendable {
  case node(StepNode)
  case list([StepNode])

  init(_ value: JSONText) {
    self = value.isArray ? .list(value.elements.map { StepNode($0) }) : .node(StepNode(value))
  }

  func append(to output: inout [UInt8]) {
    switch self {
    case .node(let node): node.append(to: &output)
    case .list(let nodes):
      output.append(UInt8(ascii: "["))
      for (index, node) in nodes.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        node.append(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    }
  }

  var json: JSONText {
    var output: [UInt8] = []
    append(to: &output)
    return JSONText(written: output)
  }

  /// What lies at the end of a path; nil where a member is missing. Lists in lists are one list.
  func value(at path: ValuePath) -> StepValue? {
    var value = self
    for step in path.steps {
      switch (step, value) {
      case (.member(let key), .node(let node)):
        guard let next = node[key] else { return nil }
        value = next
      case (.member(let key), .list(let nodes)):
        // The member of every item; those without are left out.
        value = .list(
          nodes.flatMap { node -> [StepNode] in
            switch node[key] {
            case .node(let inner): [inner]
            case .list(let inner): inner
            case nil: []
            }
          })
      case (.items, .list): break
      case (.items, .node(let node)): value = .list(node.text.elements.map { StepNode($0) })
      }
    }
    return value
  }
}

/// What the steps of one run got so far.
struct StepValues {
  private var values: [(name: String, value: StepValue)] = []
  private var counts: [(name: String, count: Int)] = []

  mutating func set(_ value: StepValue, of step: String) { values.append((step, value)) }

  mutating func count(_ items: Int, of step: String) {
    if let index = counts.firstIndex(where: { $0.name.utf8.elementsEqual(step.utf8) }) {
      counts[index].count += items
    } else {
      counts.append((step, items))
    }
  }

  subscript(step: String) -> StepValue? {
    values.last { $0.name.utf8.elementsEqual(step.utf8) }?.value
  }

  func count(of step: String) -> Int {
    counts.first { $0.name.utf8.elementsEqual(step.utf8) }?.count ?? 0
  }
}
