import RawJSON
import YAML

extension Reader {
  /// A path with names in braces; reports what could not be one segment after another.
  mutating func pathTemplate(_ text: Placed<String>) -> REST.PathTemplate? {
    let bytes = text.value.utf8
    guard bytes.first == UInt8(ascii: "/") else {
      report("the path in \(subject) must begin with '/'", at: text.position)
      return nil
    }
    var segments: [[REST.PathTemplate.Part]] = []
    let pieces = bytes.dropFirst()
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for piece in pieces {
      guard let segment = Self.segment(piece) else {
        report(
          "the path in \(subject) must be segments with names in braces, such as "
            + "/tasks/{task_gid}, without '?', '#', '..' or an empty segment", at: text.position)
        return nil
      }
      segments.append(segment)
    }
    return REST.PathTemplate(segments: segments)
  }

  private static func segment(_ text: Substring.UTF8View) -> [REST.PathTemplate.Part]? {
    var parts: [REST.PathTemplate.Part] = []
    var rest = text
    while let first = rest.first {
      if first == UInt8(ascii: "{") {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let name = rest[..<end].dropFirst()
        guard !name.isEmpty, !name.contains(UInt8(ascii: "{")) else { return nil }
        parts.append(.parameter(String(Substring(name))))
        rest = rest[rest.index(after: end)...]
      } else {
        let literal = rest.prefix { $0 != UInt8(ascii: "{") }
        guard literal.allSatisfy(isPathByte) else { return nil }
        parts.append(.literal(String(Substring(literal))))
        rest = rest[literal.endIndex...]
      }
    }
    if case .literal(let only)? = parts.first, parts.count == 1, PathSegment.isUnsafe(only) {
      return nil
    }
    for case .literal(let part) in parts where PathSegment.isUnsafe("a" + part) { return nil }
    return parts.isEmpty ? nil : parts
  }

  /// pchar of RFC 3986, 3.3.
  private static func isPathByte(_ byte: UInt8) -> Bool {
    TextRule.isNameByte(byte) || ".~!$&'()*+,;=:@%".utf8.contains(byte)
  }

  /// Where something goes under `name`, which is written with dots, `{argument}` and `.*`.
  mutating func place(_ position: REST.Position, _ name: Placed<String>) -> REST.Place? {
    var segments: [REST.Place.Segment] = []
    var spreads = false
    switch position {
    case .path: segments = [.name(name.value)]
    case .header:
      guard let header = headerName(name.value, at: name.position) else { return nil }
      segments = [.name(header)]
    case .query, .form, .body:
      let parts = name.value.utf8
        .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
      for (index, part) in parts.enumerated() {
        if part == "*", index == parts.count - 1 {
          spreads = true
        } else if let segment = Self.placeSegment(part) {
          segments.append(segment)
        } else {
          report(
            "\(quoted(name.value)) in \(subject) is no name of a place: write names with dots "
              + "between, {ARGUMENT} for a name that an argument gives, and .* at the end to "
              + "spread an object", at: name.position)
          return nil
        }
      }
    }
    var place = REST.Place(position: position, name: segments)
    place.spreads = spreads
    return place
  }

  private static func placeSegment(_ part: String) -> REST.Place.Segment? {
    let bytes = part.utf8
    if bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), bytes.count > 2 {
      return .argument(String(Substring(bytes.dropFirst().dropLast())))
    }
    let isName = !bytes.isEmpty && !bytes.contains { $0 < 0x20 || "{}*".utf8.contains($0) }
    return isName ? .name(part) : nil
  }
}
