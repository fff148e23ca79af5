import MCP
import RawJSON

/// Where the text stands in a question that people read before they answer or allow it.
///
/// The values that a form gives back (`enum`, `const`, names of fields) are not among them: they
/// are the service's own and have to come back as they are.
enum ShownText {
  /// - Parameter body: gets places that may hold no string, or be absent.
  static func forEach(
    _ method: Method, _ params: ByteRange, in bytes: RawSpan, _ body: (ByteRange) -> Void
  ) {
    switch method {
    case .elicitationCreate:
      body(JSON.member("message", of: params, in: bytes))
      body(JSON.member("url", of: params, in: bytes))
      form(JSON.member("requestedSchema", of: params, in: bytes), in: bytes, body)
    case .samplingCreateMessage:
      body(JSON.member("systemPrompt", of: params, in: bytes))
      JSON.forEachElement(of: JSON.member("messages", of: params, in: bytes), in: bytes) {
        content(JSON.member("content", of: $0, in: bytes), in: bytes, body)
      }
      JSON.forEachElement(of: JSON.member("tools", of: params, in: bytes), in: bytes) {
        body(JSON.member("title", of: $0, in: bytes))
        body(JSON.member("description", of: $0, in: bytes))
      }
    default: break
    }
  }

  /// The titles and descriptions of a form, its fields and their choices.
  private static func form(
    _ schema: ByteRange, in bytes: RawSpan, _ body: (ByteRange) -> Void
  ) {
    heading(schema, in: bytes, body)
    JSON.forEachMember(of: JSON.member("properties", of: schema, in: bytes), in: bytes) {
      _, field in
      heading(field, in: bytes, body)
      JSON.forEachElement(of: JSON.member("enumNames", of: field, in: bytes), in: bytes, body)
      let items = JSON.member("items", of: field, in: bytes)
      for choices in [
        JSON.member("oneOf", of: field, in: bytes), JSON.member("anyOf", of: items, in: bytes),
      ] {
        JSON.forEachElement(of: choices, in: bytes) { heading($0, in: bytes, body) }
      }
    }
  }

  private static func heading(_ part: ByteRange, in bytes: RawSpan, _ body: (ByteRange) -> Void) {
    body(JSON.member("title", of: part, in: bytes))
    body(JSON.member("description", of: part, in: bytes))
  }

  /// The text of a message: one block, or a list of them; a result of a tool has blocks again.
  private static func content(
    _ content: ByteRange, in bytes: RawSpan, isInResult: Bool = false,
    _ body: (ByteRange) -> Void
  ) {
    guard !JSON.isObject(content, in: bytes) else {
      body(JSON.member("text", of: content, in: bytes))
      body(JSON.member("text", of: JSON.member("resource", of: content, in: bytes), in: bytes))
      let inner = JSON.member("content", of: content, in: bytes)
      if !isInResult { Self.content(inner, in: bytes, isInResult: true, body) }
      return
    }
    JSON.forEachElement(of: content, in: bytes) { block in
      guard JSON.isObject(block, in: bytes) else { return }
      Self.content(block, in: bytes, isInResult: isInResult, body)
    }
  }
}

/// Text for people without what they cannot see.
enum PlainText {
  /// The JSON string at `range` without invisible and moving characters; nil if it has none.
  static func cleaned(_ range: ByteRange, in bytes: RawSpan) -> [UInt8]? {
    guard let text = JSON.string(range, in: bytes) else { return nil }
    var kept = String.UnicodeScalarView()
    var isChanged = false
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      if isShown(scalar) || endsLine(scalars[index...]) {
        kept.append(scalar)
      } else {
        isChanged = true
      }
    }
    guard isChanged else { return nil }
    var output: [UInt8] = []
    JSON.appendQuoted(String(kept).utf8, to: &output)
    return output
  }

  /// A carriage return is the beginning of a line's end, and nothing anywhere else.
  private static func endsLine(_ rest: String.UnicodeScalarView.SubSequence) -> Bool {
    rest.first == "\r" && rest.dropFirst().first == "\n"
  }

  /// Line feeds and tabs are; controls, overrides and isolates of direction, spaces of no width
  /// and tags are not. Joiners and marks of direction, which scripts need, are.
  static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: true
    case 0x00...0x1F, 0x7F...0x9F: false
    case 0x200B, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: false
    case 0xE0000...0xE007F: false
    default: true
    }
  }
}
