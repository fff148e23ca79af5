import Glibc
import OAuth

/// Where the browser comes back to: a port on this machine that answers one request, or the
/// standard input, into which a person pastes the address.
///
/// It blocks: nothing else happens meanwhile. Ctrl-C and a limit end the wait.
final class CallbackListener {
  private let descriptor: Int32
  /// What the authorization server is told.
  let address: String
  private let host: String
  private var typed: [UInt8] = []

  init(port: UInt16) throws(Refusal) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    guard descriptor >= 0 else { throw Refusal("No socket: \(Process.lastError).") }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else {
      let why = Process.lastError
      close(descriptor)
      throw Refusal("The port \(port) cannot be used: \(why).")
    }
    self.descriptor = descriptor
    host = "127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
    address = "http://\(host)/callback"
  }

  deinit { close(descriptor) }

  /// The query that the browser brings, or the line that a person pastes.
  func wait(seconds: Int) throws(Refusal) -> String {
    let end = time(nil) + max(1, seconds)
    var listensToPerson = true
    while time(nil) < end, !Interrupt.isPending {
      var polls = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: listensToPerson ? 0 : -1, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polls, 2, 500) > 0 else { continue }
      if polls[0].revents != 0, let query = takeRequest() { return query }
      guard polls[1].revents != 0 else { continue }
      switch takeLine() {
      case .line(let line) where Self.isAnswer(line): return line
      case .line(let line) where !line.isEmpty:
        Terminal.error.write(
          "That is not the address that the browser ends at, which has 'code=' in it; paste it "
            + "whole.\n")
      case .end: listensToPerson = false
      default: break
      }
    }
    throw Refusal(Interrupt.isPending ? "Interrupted." : "The browser did not come back in time.")
  }

  /// Whether a line that somebody typed may be an answer at all (RFC 6749 section 4.1.2).
  private static func isAnswer(_ line: String) -> Bool {
    line.contains("code=") || line.contains("error=")
  }

  // MARK: The browser

  /// Answers one request; nil if it is not the one that is waited for.
  private func takeRequest() -> String? {
    let connection = accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    defer { close(connection) }
    // A browser that connects and says nothing must not keep the others out for long.
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard let target = requestTarget(on: connection) else { return nil }
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let isOurs = parts.first == "/callback" && parts.count == 2
    answer(
      connection, isOurs ? "200 OK" : "404 Not Found",
      isOurs ? "Switchyard has the answer. You can close this page." : "There is nothing here.")
    return isOurs ? parts[1] : nil
  }

  private func requestTarget(on connection: Int32) -> String? {
    var head: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while head.count < 32_768 {
      let count = read(connection, &chunk, chunk.count)
      guard count > 0 else { return nil }
      head += chunk.prefix(count)
      let text = String(decoding: head, as: UTF8.self)
      guard text.contains("\r\n\r\n") else { continue }
      let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
      let words = (lines.first ?? "").split(separator: " ")
      // A page that was led here by a name of its own says that name (row S21).
      let hosts = lines.filter { $0.lowercased().utf8.starts(with: "host:".utf8) }
      guard words.count == 3, words[0] == "GET", hosts.count == 1,
        hosts[0].dropFirst(5).filter({ $0 != " " }).utf8.elementsEqual(host.utf8)
      else { return nil }
      return String(words[1])
    }
    return nil
  }

  private func answer(_ connection: Int32, _ status: String, _ text: String) {
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
      + "Content-Length: \(text.utf8.count)\r\n\r\n"
    let bytes = Array((head + text).utf8)
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  // MARK: The person

  private enum Typed {
    case line(String)
    case more
    case end
  }

  private func takeLine() -> Typed {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = read(0, &chunk, chunk.count)
    guard count > 0 else { return .end }
    typed += chunk.prefix(count)
    guard let newline = typed.firstIndex(of: 0x0A) else {
      return typed.count < 65_536 ? .more : .end
    }
    let line = String(decoding: typed[..<newline], as: UTF8.self)
    typed.removeFirst(newline + 1)
    return .line(line.filter { $0 != "\r" })
  }
}
