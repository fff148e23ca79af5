/// The members of an object in the order in which they were written.
///
/// Lookups are linear: this is for slow paths. A repeated key is kept; its last
/// value is the one that is found.
package struct JSONObject: Hashable, Sendable, RandomAccessCollection {
  package struct Member: Sendable {
    package var key: String
    package var value: JSONValue

    package init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  package private(set) var members: [Member]

  package init(_ members: [Member] = []) { self.members = members }

  package var startIndex: Int { 0 }
  package var endIndex: Int { members.count }
  package subscript(position: Int) -> Member { members[position] }

  /// The keys in their order.
  package var keys: [String] { members.map(\.key) }

  /// The value of a key, compared as bytes; assigning nil removes every member of that key.
  package subscript(key: String) -> JSONValue? {
    get { members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value }
    set {
      guard let newValue else {
        members.removeAll { $0.key.utf8.elementsEqual(key.utf8) }
        return
      }
      if let index = members.lastIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
        members[index].value = newValue
      } else {
        members.append(Member(key: key, value: newValue))
      }
    }
  }

  /// Whether both have the same members; the order counts only between members of the same key.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && zip(left.sorted, right.sorted).allSatisfy { one, other in
        one.key.utf8.elementsEqual(other.key.utf8) && one.value == other.value
      }
  }

  package func hash(into hasher: inout Hasher) {
    for member in sorted {
      for byte in member.key.utf8 { hasher.combine(byte) }
      hasher.combine(member.value)
    }
  }

  /// By key; the sort is stable, so repeated keys stay in order.
  private var sorted: [Member] {
    members.enumerated().sorted { one, other in
      let (a, b) = (one.element.key.utf8, other.element.key.utf8)
      return a.elementsEqual(b) ? one.offset < other.offset : a.lexicographicallyPrecedes(b)
    }.map(\.element)
  }
}
