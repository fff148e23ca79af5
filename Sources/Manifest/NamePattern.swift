/// A name in which `*` stands for any characters, compared as UTF-8 bytes.
package struct NamePattern: Hashable, Sendable {
  package let text: String
  private let bytes: [UInt8]

  package init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// Whether the whole of `name` matches; takes at most `name.count` x pattern steps.
  package func matches(_ name: some Collection<UInt8>) -> Bool {
    let name = Array(name)
    var place = 0
    var at = 0
    // Where to continue after the last star, should what follows it not match.
    var star: (at: Int, place: Int)?
    while place < name.count {
      if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
        star = (at + 1, place)
        at += 1
      } else if at < bytes.count, bytes[at] == name[place] {
        at += 1
        place += 1
      } else if let last = star {
        star = (last.at, last.place + 1)
        at = last.at
        place = last.place + 1
      } else {
        return false
      }
    }
    return bytes[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
