import Glibc
import Synchronization

/// One connection of the server, used by its thread. Reads and writes wait; a write to a broken
/// connection is lost.
package final class RawConnection: Sendable {
  package let number: Int
  private let descriptor: Int32
  private let unread = Mutex<[UInt8]>([])

  init(_ descriptor: Int32, _ number: Int) {
    self.descriptor = descriptor
    self.number = number
  }

  package func send(_ text: String) { send(Array(text.utf8)) }

  /// False when the client is gone.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// A whole response with its length.
  package func respond(
    _ status: String = "200 OK", _ headers: [String] = [], _ body: [UInt8] = []
  ) {
    let head = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.count)", "", ""]
    send(Array(head.joined(separator: "\r\n").utf8) + body)
  }

  /// Breaks the connection with a reset once this side is closed.
  package func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }

  /// Ends our direction only.
  package func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  package func wait(milliseconds: Int) { usleep(UInt32(milliseconds * 1000)) }

  /// Waits until the client closes or sends more; true when it closed.
  package func waitForClose() -> Bool {
    guard unread.withLock({ $0.isEmpty }) else { return false }
    return !readMore()
  }

  /// Up to the empty line; nil at the end of the connection.
  func readHead() -> RawRequest? {
    while true {
      if let head = takeHead() { return head }
      guard readMore() else { return nil }
    }
  }

  /// By its length, or chunk by chunk; what is missing at the end stays missing.
  package func readBody(_ request: inout RawRequest) {
    if request.values(of: "Transfer-Encoding").contains("chunked") {
      while let line = takeLine(), let size = Int(line, radix: 16), size > 0 {
        request.body += take(size)
        _ = take(2)
      }
      _ = takeLine()
      return
    }
    guard let length = request.values(of: "Content-Length").first.flatMap({ Int($0) }) else {
      return
    }
    request.body = take(length)
  }

  private func takeHead() -> RawRequest? {
    let text: String? = unread.withLock { bytes in
      let end = Array("\r\n\r\n".utf8)
      guard bytes.count >= 4,
        let index = (0...(bytes.count - 4)).first(where: { bytes[$0..<$0 + 4].elementsEqual(end) })
      else { return nil }
      defer { bytes.removeFirst(index + 4) }
      return String(decoding: bytes[..<index], as: UTF8.self)
    }
    guard let text else { return nil }
    // CR LF is one Character.
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
    let headers = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (
        name: String(parts[0]), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
      )
    }
    return RawRequest(
      connection: number, method: String(words.first ?? ""),
      target: words.count > 1 ? String(words[1]) : "", headers: headers)
  }

  private func takeLine() -> String? {
    while true {
      let line: String? = unread.withLock { bytes in
        guard let end = bytes.firstIndex(of: 0x0a) else { return nil }
        defer { bytes.removeFirst(end + 1) }
        return String(decoding: bytes[..<end].filter { $0 != 0x0d }, as: UTF8.self)
      }
      if let line { return line }
      guard readMore() else { return nil }
    }
  }

  private func take(_ count: Int) -> [UInt8] {
    while unread.withLock({ $0.count < count }), readMore() {}
    return unread.withLock { bytes in
      defer { bytes.removeFirst(min(count, bytes.count)) }
      return Array(bytes.prefix(count))
    }
  }

  private func readMore() -> Bool {
    var memory = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = memory.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      unread.withLock { $0 += memory[..<count] }
      return true
    }
  }
}
