package import RawJSON

/// Sets and removes members of nested objects, touching no byte that does not have to change.
///
/// A new member goes behind the last one of its object (and behind the comments
/// that follow it), laid out as its neighbours are. Removing takes the member,
/// the white space before it and one comma; comments around it stay. Setting a
/// new member and removing it again gives the original bytes, except where an
/// object held nothing but white space: that white space is not kept.
package enum JSONCEditor {
  /// Sets the member at `path`, creating the objects on the way.
  ///
  /// - Returns: the new text; the same bytes when the member already had that value.
  /// - Throws: `JSONCEditError` when something on the way is not an object or stands twice.
  package static func set(
    _ path: [String], to value: JSONValue, in document: JSONCDocument
  ) throws(JSONCEditError) -> [UInt8] {
    let style = JSONCStyle(of: document)
    guard let root = document.root else {
      let text = style.render(nest(value, under: path[...]), indentation: [])
      let isBlank = document.bytes.isEmpty || document.bytes == JSONCScanner.byteOrderMark
      let needsBreak = !isBlank && document.bytes.last != 0x0A
      return document.bytes + (needsBreak ? style.newline : []) + text + style.newline
    }
    var node = root
    for (depth, key) in path.enumerated() {
      let members = try members(of: node, at: path.prefix(depth), in: document)
      guard let member = try find(key, among: members, in: document) else {
        let rest = nest(value, under: path.dropFirst(depth + 1))
        return insertion(of: key, rest, into: node, style, document).applied(to: document.bytes)
      }
      node = member.value
    }
    if document.value(of: node) == value { return document.bytes }
    let indentation = document.bytes.lineIndentation(at: node.range.lowerBound)
    let text = style.render(value, indentation: indentation)
    return [JSONCEdit(range: node.range, replacement: text)].applied(to: document.bytes)
  }

  /// Removes the member at `path`; the same bytes when there is none.
  package static func remove(
    _ path: [String], from document: JSONCDocument
  ) throws(JSONCEditError) -> [UInt8] {
    guard var node = document.root else { return document.bytes }
    for (depth, key) in path.enumerated() {
      let members = try members(of: node, at: path.prefix(depth), in: document)
      guard let index = members.firstIndex(where: { $0.name.elementsEqual(key.utf8) }) else {
        return document.bytes
      }
      _ = try find(key, among: members, in: document)
      if depth == path.count - 1 {
        return removal(of: index, from: node, members, document).applied(to: document.bytes)
      }
      node = members[index].value
    }
    return document.bytes
  }

  /// The value at `path`, or nil.
  package static func node(
    at path: [String], in document: JSONCDocument
  ) throws(JSONCEditError) -> JSONCNode? {
    guard var node = document.root else { return nil }
    for (depth, key) in path.enumerated() {
      let members = try members(of: node, at: path.prefix(depth), in: document)
      guard let member = try find(key, among: members, in: document) else { return nil }
      node = member.value
    }
    return node
  }
}

/// Why a well-formed text cannot be edited at a path.
package struct JSONCEditError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    /// The value at this path is not an object; the path is empty for the whole text.
    case notAnObject(path: [String])
    /// The key stands twice in one object, and readers disagree on which one counts.
    case duplicate(key: String)
  }

  package var reason: Reason
  package var line: Int
  package var column: Int

  init(_ reason: Reason, at offset: Int, in document: JSONCDocument) {
    self.reason = reason
    (line, column) = document.bytes.position(of: offset)
  }

  /// `line:column: what is wrong`
  package var description: String {
    switch reason {
    case .notAnObject(let path):
      let what = path.last.map { "the value of '\($0)'" } ?? "the document"
      return "\(line):\(column): \(what) is not an object"
    case .duplicate(let key): return "\(line):\(column): the key '\(key)' stands here a second time"
    }
  }
}

extension JSONCEditor {
  private static func nest(_ value: JSONValue, under path: ArraySlice<String>) -> JSONValue {
    path.reversed().reduce(value) { inner, key in
      var object = JSONObject()
      object[key] = inner
      return .object(object)
    }
  }

  private static func members(
    of node: JSONCNode, at path: ArraySlice<String>, in document: JSONCDocument
  ) throws(JSONCEditError) -> [JSONCMember] {
    if let members = node.members { return members }
    throw JSONCEditError(
      .notAnObject(path: Array(path)), at: node.range.lowerBound, in: document)
  }

  private static func find(
    _ key: String, among members: [JSONCMember], in document: JSONCDocument
  ) throws(JSONCEditError) -> JSONCMember? {
    let found = members.filter { $0.name.elementsEqual(key.utf8) }
    if found.count > 1 {
      throw JSONCEditError(.duplicate(key: key), at: found[1].key.lowerBound, in: document)
    }
    return found.first
  }

  private static func insertion(
    of key: String, _ value: JSONValue, into node: JSONCNode, _ style: JSONCStyle,
    _ document: JSONCDocument
  ) -> [JSONCEdit] {
    let bytes = document.bytes
    let close = node.range.upperBound - 1
    guard let members = node.members, let last = members.last else {
      return insertionIntoEmpty(of: key, value, into: node, style, document)
    }
    let end = (last.comma ?? last.value.range.upperBound - 1) + 1
    let place = endOfLastComment(in: end..<close, of: bytes)
    var own = bytes.indentation(before: members[0].key.lowerBound)
    var layout = style
    if own == nil, bytes[end..<close].contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      own = bytes.lineIndentation(at: node.range.lowerBound) + style.unit
    }
    layout.isMultiline = own != nil
    let indentation = own ?? []
    let member = layout.renderMember(
      key: key, value: layout.render(value, indentation: indentation))
    let separator = own.map { style.newline + $0 } ?? style.colonSpace
    if last.comma != nil {
      return [.insert(separator + member + [UInt8(ascii: ",")], at: place)]
    }
    if place == end { return [.insert([UInt8(ascii: ",")] + separator + member, at: end)] }
    return [.insert([UInt8(ascii: ",")], at: end), .insert(separator + member, at: place)]
  }

  private static func insertionIntoEmpty(
    of key: String, _ value: JSONValue, into node: JSONCNode, _ style: JSONCStyle,
    _ document: JSONCDocument
  ) -> [JSONCEdit] {
    let bytes = document.bytes
    let inside = node.range.lowerBound + 1..<node.range.upperBound - 1
    let place = endOfLastComment(in: inside, of: bytes)
    guard style.isMultiline else {
      let member = style.renderMember(key: key, value: style.render(value, indentation: []))
      return [JSONCEdit(range: place..<inside.upperBound, replacement: member)]
    }
    let outer = bytes.lineIndentation(at: node.range.lowerBound)
    let inner = outer + style.unit
    let member = style.renderMember(key: key, value: style.render(value, indentation: inner))
    let text = style.newline + inner + member + style.newline + outer
    return [JSONCEdit(range: place..<inside.upperBound, replacement: text)]
  }

  private static func removal(
    of index: Int, from node: JSONCNode, _ members: [JSONCMember], _ document: JSONCDocument
  ) -> [JSONCEdit] {
    let bytes = document.bytes
    let member = members[index]
    let previous = index > 0 ? members[index - 1] : nil
    let boundary = previous?.comma.map { $0 + 1 } ?? node.range.lowerBound + 1
    let comment = endOfLastComment(in: boundary..<member.key.lowerBound, of: bytes)
    let end = (member.comma ?? member.value.range.upperBound - 1) + 1
    // What follows a line comment must stay on a line of its own.
    let joins =
      comment > boundary && !lineEnds(after: member.value.range.upperBound, member.comma, bytes)
    let start = joins ? member.key.lowerBound : comment
    var edits: [JSONCEdit] = [.remove(start..<member.value.range.upperBound)]
    if let comma = member.comma ?? previous?.comma { edits.append(.remove(comma..<comma + 1)) }
    let rest = end..<node.range.upperBound - 1
    let isBare = comment == boundary && endOfLastComment(in: rest, of: bytes) == rest.lowerBound
    if members.count == 1, isBare { edits.append(.remove(rest)) }
    return edits
  }

  /// Whether nothing but spaces and the member's own comma stand between `offset` and a line end.
  private static func lineEnds(after offset: Int, _ comma: Int?, _ bytes: [UInt8]) -> Bool {
    var at = offset
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 || at == comma { at += 1 }
    return at < bytes.count && (bytes[at] == 0x0A || bytes[at] == 0x0D)
  }

  /// Past the last comment in a run of white space, comments and at most one comma.
  private static func endOfLastComment(in range: Range<Int>, of bytes: [UInt8]) -> Int {
    var at = range.lowerBound
    var end = at
    while at + 1 < range.upperBound {
      guard bytes[at] == UInt8(ascii: "/") else {
        at += 1
        continue
      }
      if bytes[at + 1] == UInt8(ascii: "/") {
        while at < range.upperBound, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
      } else {
        at += 2
        while at + 1 < range.upperBound,
          bytes[at] != UInt8(ascii: "*") || bytes[at + 1] != UInt8(ascii: "/")
        { at += 1 }
        at += 2
      }
      end = at
    }
    return end
  }
}
