/// A run of bytes to be replaced by others; both may be empty.
struct JSONCEdit: Hashable, Sendable {
  var range: Range<Int>
  var replacement: [UInt8]

  static func insert(_ bytes: [UInt8], at offset: Int) -> JSONCEdit {
    JSONCEdit(range: offset..<offset, replacement: bytes)
  }

  static func remove(_ range: Range<Int>) -> JSONCEdit {
    JSONCEdit(range: range, replacement: [])
  }
}

extension [JSONCEdit] {
  /// The text with every edit carried out; edits must not overlap.
  func applied(to bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var at = 0
    for edit in sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      output += bytes[at..<edit.range.lowerBound]
      output += edit.replacement
      at = edit.range.upperBound
    }
    return output + bytes[at...]
  }
}
