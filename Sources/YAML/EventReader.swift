import CYAML

/// libyaml's parser, owned: made, fed and freed in one place.
///
/// The parser keeps a pointer to itself and to its input, therefore it lives on
/// the heap and only as long as `body` of `withEvents` runs.
struct EventReader: ~Copyable {
  /// What the tree builder needs of an event, copied out of libyaml's memory.
  enum Event {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(Scalar, anchor: String?, tag: String?)
    case sequenceStart(anchor: String?, tag: String?)
    case sequenceEnd
    case mappingStart(anchor: String?, tag: String?)
    case mappingEnd
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeBufferPointer<UInt8>

  private init?(_ input: UnsafeBufferPointer<UInt8>) {
    self.input = input
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      return nil
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// Runs `body` with a reader over `bytes`; frees libyaml's state on every path.
  static func withEvents<Result>(
    of bytes: [UInt8], _ body: (borrowing EventReader) throws(YAMLError) -> Result
  ) throws(YAMLError) -> Result {
    // A typed throw cannot leave `withUnsafeBufferPointer` in every compiler, so it is carried.
    let outcome: Swift.Result<Result, YAMLError> = bytes.withUnsafeBufferPointer { buffer in
      guard let reader = EventReader(buffer) else {
        return .failure(YAMLError(.outOfMemory, at: .start))
      }
      do throws(YAMLError) { return .success(try body(reader)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// The next event and where it begins.
  func next() throws(YAMLError) -> (Event, Position) {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw problem() }
    defer { yaml_event_delete(&raw) }
    return (Self.event(from: raw), Position(raw.start_mark))
  }

  private static func event(from raw: yaml_event_t) -> Event {
    switch raw.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_ALIAS_EVENT: return .alias(text(raw.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let data = raw.data.scalar
      let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
      let scalar = Scalar(text: String(decoding: bytes, as: UTF8.self), style: style(data.style))
      return .scalar(scalar, anchor: text(data.anchor), tag: text(data.tag))
    case YAML_SEQUENCE_START_EVENT:
      let data = raw.data.sequence_start
      return .sequenceStart(anchor: text(data.anchor), tag: text(data.tag))
    case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      let data = raw.data.mapping_start
      return .mappingStart(anchor: text(data.anchor), tag: text(data.tag))
    case YAML_MAPPING_END_EVENT: return .mappingEnd
    default: return .streamEnd
    }
  }

  private static func text(_ bytes: UnsafePointer<yaml_char_t>?) -> String? {
    bytes.map { String(decodingCString: $0, as: UTF8.self) }
  }

  private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text(bytes.map { UnsafePointer($0) })
  }

  private static func style(_ style: yaml_scalar_style_t) -> Scalar.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }
}

extension EventReader {
  /// libyaml's complaint in our words, with the position that it concerns.
  private func problem() -> YAMLError {
    let words = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read"
    switch parser.pointee.error {
    case YAML_MEMORY_ERROR:
      return YAMLError(.outOfMemory, at: Position(parser.pointee.mark))
    case YAML_READER_ERROR:
      let place = Position(ofByte: Int(clamping: parser.pointee.problem_offset), in: input)
      return YAMLError(words.hasPrefix("control") ? .controlCharacter : .notUTF8, at: place)
    default:
      let mark = parser.pointee.problem_mark
      let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
      return YAMLError(.syntax(context + words + hint(at: mark.index)), at: Position(mark))
    }
  }

  /// Advice for the mistakes that people make most.
  private func hint(at index: Int) -> String {
    var scalars = String(decoding: input, as: UTF8.self).unicodeScalars.dropFirst(index)
    guard let scalar = scalars.popFirst() else { return "" }
    switch scalar {
    case "\t": return "; indent with spaces, not with tabs"
    case "@", "`", "%", "*", "&", "!": return "; put the value in quotes"
    case ":": return "; put text that has ': ' in it in quotes"
    default: return ""
    }
  }
}

extension Position {
  init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }

  /// The position of a byte that libyaml could not decode.
  init(ofByte offset: Int, in input: UnsafeBufferPointer<UInt8>) {
    var place = Position.start
    for byte in input.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        place = Position(line: place.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        place.column += 1
      }
    }
    self = place
  }
}
