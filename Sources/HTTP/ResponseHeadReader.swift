/// Reads the header lines of one response, interim responses and trailers included, and refuses
/// what different readers would understand differently (rows H10, H12, H23).
struct ResponseHeadReader {
  enum Event: Hashable {
    /// More lines are to come, or the line does not matter.
    case none
    /// The final response's head is complete.
    case head(HTTPResponseHead)
    case refused(HTTPError.Kind, String)
  }

  private let limit: Int
  private var bytes = 0
  private var head: HTTPResponseHead?
  private var isComplete = false
  /// The declared length of the body of a final response, as sent (that is, compressed).
  private(set) var contentLength: Int?

  init(limit: Int) { self.limit = limit }

  /// One line as it came, with its end.
  mutating func read(_ line: UnsafeRawBufferPointer) -> Event {
    bytes += line.count
    guard bytes <= limit else { return .refused(.tooLarge, "the headers exceed their limit") }
    // Trailers say nothing that anybody here asks for.
    if isComplete { return .none }
    let text = line.trimmingLineEnd()
    guard head != nil else { return readStatus(text) }
    return text.isEmpty ? finish() : readField(text)
  }

  private mutating func readStatus(_ line: UnsafeRawBufferPointer) -> Event {
    // "HTTP/1.1 200 Fine" or "HTTP/2 200"
    guard line.starts(with: "HTTP/".utf8), let space = line.firstIndex(of: 0x20),
      let status = Self.status(line[(space + 1)...].prefix { $0 != 0x20 })
    else { return .refused(.protocolViolation, "the answer does not begin with a status line") }
    let isHTTP2 = space > 5 && line[5] == UInt8(ascii: "2")
    head = HTTPResponseHead(status: status, headers: [], version: isHTTP2 ? .http2 : .http1)
    head?.headers.reserveCapacity(16)
    contentLength = nil
    return .none
  }

  /// Three digits, the first of them no zero.
  private static func status(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard text.count == 3, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    let status = text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return status >= 100 ? status : nil
  }

  private mutating func readField(_ line: UnsafeRawBufferPointer) -> Event {
    guard line[0] != 0x20, line[0] != 0x09 else {
      return .refused(.protocolViolation, "a header line is folded")
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      !line[..<colon].contains(where: { $0 <= 0x20 || $0 == 0x7f }),
      !line[colon...].contains(where: { $0 == 0 || $0 == 0x0d })
    else { return .refused(.protocolViolation, "a header line has no name or holds a control") }
    let name = String(decoding: line[..<colon], as: UTF8.self)
    let value = String(decoding: line[(colon + 1)...].trimmingSpace(), as: UTF8.self)
    head?.headers.append(HTTPHeader(name, value))
    if name.isSameIgnoringCase("Content-Length") { return readLength(value) }
    return .none
  }

  /// Digits only, and the same wherever it is repeated.
  private mutating func readLength(_ value: String) -> Event {
    guard !value.isEmpty, value.utf8.count <= 18,
      value.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      let length = Int(value), contentLength == nil || contentLength == length
    else { return .refused(.protocolViolation, "the Content-Length is not one number") }
    contentLength = length
    return .none
  }

  private mutating func finish() -> Event {
    guard let head else { return .none }
    self.head = nil
    if head.status == 101 {
      return .refused(.protocolViolation, "the server changes to a protocol nobody asked for")
    }
    if head.status < 200 { return .none }
    isComplete = true
    if contentLength != nil, head.value(of: "Transfer-Encoding") != nil {
      return .refused(.protocolViolation, "the answer has a Content-Length and is chunked")
    }
    var codings = 0
    for header in head.headers where header.name.isSameIgnoringCase("Content-Encoding") {
      codings += header.value.utf8.contains(UInt8(ascii: ",")) ? 2 : 1
    }
    if codings > 1 {
      return .refused(.protocolViolation, "the answer is compressed more than once")
    }
    return .head(head)
  }
}

extension UnsafeRawBufferPointer {
  /// Without CR LF or LF at the end.
  fileprivate func trimmingLineEnd() -> UnsafeRawBufferPointer {
    var count = self.count
    if count > 0 && self[count - 1] == 0x0a { count -= 1 }
    if count > 0 && self[count - 1] == 0x0d { count -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[..<count])
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate func trimmingSpace() -> Slice<UnsafeRawBufferPointer> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    guard let first = firstIndex(where: { !isSpace($0) }),
      let last = lastIndex(where: { !isSpace($0) })
    else { return self[endIndex...] }
    return self[first...last]
  }
}
