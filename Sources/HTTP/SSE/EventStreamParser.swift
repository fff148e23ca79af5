/// Cuts a stream of bytes into server-sent events, exactly as the WHATWG HTML standard says
/// (section 9.2.6, "Interpreting an event stream"), but for the limits below.
///
/// ```
///   bytes ─▶ lines (CR, LF or CRLF, wherever the stream is cut) ─▶ fields ─▶ event at a blank line
/// ```
///
/// Nothing is kept but the field that is being read and the event that has begun: comments and
/// unknown fields take no memory, however long they are. An event that has not ended with a blank
/// line is never handed out. Data is bytes: whoever reads it decides about its encoding.
///
/// Invariants: the events do not depend on how the stream is cut; no byte is looked at twice. It
/// never holds more than the three limits and one array's growth.
package struct EventStreamParser: Sendable {
  /// What the stream said.
  package enum Found: Hashable, Sendable {
    case event(ServerSentEvent)
    /// The data of an event is longer than the limit. Comes once, as soon as that is known; the
    /// rest of the event is thrown away.
    case tooLong(prefix: [UInt8])
  }

  /// Bytes of an event's data that are accepted.
  package static let longestEvent = 32 << 20
  /// Bytes of an event's type or id that are accepted; a longer type makes the event one of no
  /// known type, a longer id is ignored.
  package static let longestName = 4 * 1024
  /// Bytes handed out of data that is too long; an id is usually among them.
  package static let prefixLength = 4 * 1024
  /// Milliseconds; a server that asks for more is given this.
  package static let longestRetry = 86_400_000

  /// What the line that is being read is about.
  private enum Field { case name, comment, data, type, id, retry, unknown }

  private let limit: Int
  /// Of the last event, by which the stream can be resumed; empty if no event had one.
  package private(set) var lastEventID: [UInt8] = []
  /// The time to wait before the stream is asked for again, if the server has said one.
  package private(set) var retry: Duration?

  private var data: [UInt8] = []
  private var type: [UInt8] = []
  private var id: [UInt8] = []
  private var hasData = false
  private var isTooLong = false

  private var field = Field.name
  private var name: [UInt8] = []
  private var value: [UInt8] = []
  private var isAtValueStart = false
  private var isOversizedValue = false
  private var lineIsEmpty = true
  /// The last byte was a carriage return, so that a newline belongs to it.
  private var endedInReturn = false
  /// Bytes of the byte order mark that may stand at the start of the stream; nil behind it.
  private var mark: Int? = 0

  /// - limit: bytes of an event's data.
  package init(limit: Int = EventStreamParser.longestEvent) { self.limit = max(1, limit) }

  /// Reads the next piece of the stream and hands out what has ended in it.
  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ found: (Found) -> Void) {
    var index = bytes.startIndex
    if mark != nil { skipMark(bytes, &index, found) }
    while index < bytes.endIndex {
      let byte = bytes[index]
      if endedInReturn {
        endedInReturn = false
        if byte == 0x0A {
          index += 1
          continue
        }
      }
      if byte == 0x0A || byte == 0x0D {
        endedInReturn = byte == 0x0D
        index += 1
        endLine(found)
        continue
      }
      lineIsEmpty = false
      if field == .name {
        takeName(byte)
        index += 1
        continue
      }
      let end = Self.endOfLine(bytes, from: index)
      takeValue(UnsafeRawBufferPointer(rebasing: bytes[index..<end]), found)
      index = end
    }
  }

  /// The first line end at or behind `start`, or the end of the bytes.
  private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
    return index
  }

  /// U+FEFF at the start of the stream is no part of it; what only begins like it is.
  private mutating func skipMark(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ found: (Found) -> Void
  ) {
    let whole: [UInt8] = [0xEF, 0xBB, 0xBF]
    while let matched = mark, index < bytes.endIndex {
      guard bytes[index] == whole[matched] else {
        mark = nil
        for byte in whole.prefix(matched) {
          lineIsEmpty = false
          takeName(byte)
        }
        return
      }
      index += 1
      mark = matched == 2 ? nil : matched + 1
    }
  }

  // MARK: Fields

  private mutating func takeName(_ byte: UInt8) {
    guard byte == UInt8(ascii: ":") else {
      // No known name is longer.
      if name.count < 6 { name.append(byte) }
      return
    }
    settleField()
    isAtValueStart = true
  }

  private mutating func settleField() {
    field =
      if name.isEmpty {
        .comment
      } else if name.elementsEqual("data".utf8) {
        .data
      } else if name.elementsEqual("event".utf8) {
        .type
      } else if name.elementsEqual("id".utf8) {
        .id
      } else if name.elementsEqual("retry".utf8) {
        .retry
      } else {
        .unknown
      }
  }

  /// A part of the value, without a line end.
  private mutating func takeValue(_ part: UnsafeRawBufferPointer, _ found: (Found) -> Void) {
    var part = part
    if isAtValueStart {
      isAtValueStart = false
      if part.first == UInt8(ascii: " ") {
        part = UnsafeRawBufferPointer(rebasing: part.dropFirst())
      }
    }
    switch field {
    case .name, .comment, .unknown: break
    case .data: appendData(part, found)
    case .type, .id, .retry:
      if isOversizedValue || value.count + part.count > Self.longestName {
        isOversizedValue = true
        value = []
      } else {
        value += part
      }
    }
  }

  private mutating func appendData(_ part: UnsafeRawBufferPointer, _ found: (Found) -> Void) {
    guard !isTooLong else { return }
    guard data.count + part.count <= limit else {
      data += part.prefix(max(0, Self.prefixLength - data.count))
      return refuseData(found)
    }
    data += part
  }

  private mutating func refuseData(_ found: (Found) -> Void) {
    isTooLong = true
    found(.tooLong(prefix: Array(data.prefix(min(Self.prefixLength, limit)))))
    data = []
  }

  // MARK: Lines

  private mutating func endLine(_ found: (Found) -> Void) {
    mark = nil
    if lineIsEmpty { return dispatch(found) }
    // A line without a colon is a name with an empty value.
    if field == .name { settleField() }
    switch field {
    case .name, .comment, .unknown: break
    case .data:
      hasData = true
      appendNewline(found)
    case .type: type = isOversizedValue ? [0] : value
    case .id: if !isOversizedValue, !value.contains(0) { id = value }
    case .retry: takeRetry()
    }
    field = .name
    name.removeAll(keepingCapacity: true)
    value.removeAll(keepingCapacity: true)
    isAtValueStart = false
    isOversizedValue = false
    lineIsEmpty = true
  }

  /// It stays only where another line of data follows, so that one more byte than the limit is kept.
  private mutating func appendNewline(_ found: (Found) -> Void) {
    guard !isTooLong else { return }
    guard data.count <= limit else { return refuseData(found) }
    data.append(0x0A)
  }

  private mutating func takeRetry() {
    guard !value.isEmpty, !isOversizedValue,
      value.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return }
    var milliseconds = 0
    for digit in value where milliseconds < Self.longestRetry {
      milliseconds = milliseconds * 10 + Int(digit - UInt8(ascii: "0"))
    }
    retry = .milliseconds(min(milliseconds, Self.longestRetry))
  }

  private mutating func dispatch(_ found: (Found) -> Void) {
    lastEventID = id
    defer {
      type = []
      hasData = false
      isTooLong = false
    }
    guard hasData, !isTooLong else {
      data.removeAll(keepingCapacity: false)
      return
    }
    data.removeLast()
    var text: [UInt8] = []
    swap(&text, &data)
    found(.event(ServerSentEvent(type: type, data: text)))
  }
}

/// One event of a stream.
package struct ServerSentEvent: Hashable, Sendable {
  /// As the server wrote it; empty stands for `message`.
  package var type: [UInt8]
  /// The lines of data, with a newline between them.
  package var data: [UInt8]

  package init(type: [UInt8] = [], data: [UInt8]) {
    self.type = type
    self.data = data
  }

  package var isMessage: Bool { type.isEmpty || type.elementsEqual("message".utf8) }
}
