import Glibc
import MCP
import RawJSON

/// One connection of `HTTPFront`: requests one after the other, never read before the one before is
/// answered; nothing waits.
struct HTTPConnection {
  struct Request {
    var method: String
    var path: String
    var session: String
    var version: String
    var body: [UInt8]
  }

  /// What could not be written yet.
  private(set) var unsent: [UInt8] = []
  /// A request is not answered yet.
  var isWaiting = false
  /// Headers of the answer.
  var given: [String] = []
  /// Of a request to `/rest`, which its answer repeats.
  var arguments: [UInt8]?
  private let socket: Int32
  private var unread: [UInt8] = []
  private var isStream = false

  init(_ socket: Int32) { self.socket = socket }

  // MARK: Sockets

  /// On loopback. The port may still be that of a process which is about to be gone.
  static func listen(_ port: Int) -> Int32? {
    let socket = Glibc.socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    for _ in 0..<200 {
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if bound == 0 { return Glibc.listen(socket, 4096) == 0 ? socket : nil }
      usleep(10_000)
    }
    return nil
  }

  static func accept(_ listener: Int32) -> Int32? {
    let socket = Glibc.accept(listener, nil, nil)
    guard socket >= 0 else { return nil }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    var one: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    return socket
  }

  func close(withReset: Bool) {
    if withReset {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
    Glibc.close(socket)
  }

  // MARK: Requests

  /// False at the end.
  mutating func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket, &chunk, chunk.count, 0)
    if count > 0 { unread += chunk[..<count] }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  /// The next request, if all of it is there and nothing stands before it.
  mutating func next() -> Request? {
    guard !isWaiting, !isStream, let end = endOfHead() else { return nil }
    let lines = String(decoding: unread[..<(end - 4)], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count > 1 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let (name, value) = String(line).cut(at: UInt8(ascii: ":")) else { continue }
      headers[name.lowercased()] = String(value.drop { $0 == " " })
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    guard unread.count >= end + length else { return nil }
    let body = Array(unread[end..<(end + length)])
    unread.removeFirst(end + length)
    return Request(
      method: String(words[0]), path: String(words[1]), session: headers["mcp-session-id"] ?? "",
      version: headers["mcp-protocol-version"] ?? "", body: body)
  }

  private func endOfHead() -> Int? {
    guard unread.count >= 4 else { return nil }
    for index in 3..<unread.count
    where unread[index] == 10 && unread[index - 1] == 13 && unread[index - 2] == 10
      && unread[index - 3] == 13
    { return index + 1 }
    return nil
  }

  // MARK: Answers

  mutating func respond(_ status: String, _ headers: [String], _ body: [UInt8]) {
    let lines =
      ["HTTP/1.1 \(status)"] + headers
      + ["Content-Type: application/json", "Content-Length: \(body.count)", "", ""]
    send(Array(lines.joined(separator: "\r\n").utf8) + body)
  }

  /// The answer that its request waits for.
  mutating func answer(_ line: [UInt8], _ envelope: Envelope) {
    isWaiting = false
    if let arguments {
      self.arguments = nil
      return answerREST(line, envelope, arguments)
    }
    guard isStream else {
      respond("200 OK", given, line)
      given = []
      return
    }
    sendEvent(line)
    send(Array("0\r\n\r\n".utf8))
    isStream = false
  }

  private mutating func answerREST(_ line: [UInt8], _ envelope: Envelope, _ arguments: [UInt8]) {
    let bytes = line.span.bytes
    let isError = !JSON.member("isError", of: envelope.result, in: bytes).isAbsent
    guard envelope.kind == .result, !isError else {
      return respond("422 Unprocessable Content", [], Array(#"{"message":"it failed"}"#.utf8))
    }
    let answer = JSON.copy(
      JSON.member("structuredContent", of: envelope.result, in: bytes), in: bytes)
    respond(
      "200 OK", [],
      Array(#"{"arguments":"#.utf8) + arguments + Array(#","answer":"#.utf8) + answer
        + [UInt8(ascii: "}")])
  }

  mutating func beginStream() {
    isStream = true
    let lines = [
      "HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked",
    ]
    send(Array((lines + given + ["", ""]).joined(separator: "\r\n").utf8))
    given = []
  }

  mutating func sendEvent(_ line: [UInt8]) {
    if !isStream { beginStream() }
    send("event: message\ndata: " + String(decoding: line, as: UTF8.self) + "\n\n")
  }

  /// One chunk of a stream.
  mutating func send(_ text: String) {
    let bytes = Array(text.utf8)
    send(Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10])
  }

  private mutating func send(_ bytes: [UInt8]) {
    unsent += bytes
    flush()
  }

  mutating func flush() {
    let count = Glibc.send(socket, unsent, unsent.count, Int32(MSG_NOSIGNAL))
    if count > 0 { unsent.removeFirst(count) }
  }
}
