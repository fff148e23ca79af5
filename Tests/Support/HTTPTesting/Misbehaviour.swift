/// What the path of a request makes the server do. A name may be followed by one argument, as in
/// `/bytes/1000`; it is percent-decoded.
package enum Misbehaviour {
  private typealias Act = @Sendable (RawRequest, RawConnection, String) -> Bool

  /// Answers 404 to a path that nothing is known of.
  package static func answer(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let path = request.target.split(separator: "?", maxSplits: 1)[0]
    let parts = path.split(separator: "/", maxSplits: 1)
    guard let name = parts.first, let act = acts[String(name)] else {
      connection.respond("404 Not Found")
      return true
    }
    return act(request, connection, parts.count > 1 ? decoded(parts[1]) : "")
  }

  /// Whether the body is left in the connection.
  static func leavesBody(_ request: RawRequest) -> Bool { request.target.hasPrefix("/early") }

  private static let acts: [String: Act] = [
    "echo": { request, connection, _ in
      let head = request.headers.map { "\($0.name): \($0.value)" }
      let text = (["\(request.method) \(request.target)"] + head + ["", ""]).joined(separator: "\n")
      connection.respond("200 OK", ["Content-Type: text/plain"], Array(text.utf8) + request.body)
      return true
    },
    // `/status/503`
    "status": { _, connection, status in
      connection.respond("\(status) Said", [], Array("status \(status)".utf8))
      return true
    },
    // `/retry/VALUE`: 429 with that Retry-After; none where it is empty.
    "retry": { _, connection, value in
      connection.respond("429 Too Many Requests", value.isEmpty ? [] : ["Retry-After: \(value)"])
      return true
    },
    "bytes": { _, connection, count in
      connection.respond("200 OK", [], [UInt8](repeating: 0x78, count: Int(count) ?? 0))
      return true
    },
    "chunks": { _, connection, count in
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for index in 0..<(Int(count) ?? 0) { connection.send("5\r\n\(10_000 + index % 10_000)\r\n") }
      connection.send("0\r\nTrailer-Field: ignored\r\n\r\n")
      return true
    },
    // Any head and body at all: `/raw/HTTP%2F1.1%20200...`, then it closes.
    "raw": { _, connection, text in
      connection.send(text)
      return false
    },
    // The same, and the connection stays open.
    "open": { _, connection, text in
      connection.send(text)
      return !connection.waitForClose()
    },
    "redirect": { _, connection, location in
      connection.respond("302 Found", ["Location: \(location)"])
      return true
    },
    "cookie": { _, connection, _ in
      connection.respond(
        "401 Unauthorized",
        ["Set-Cookie: id=1", "WWW-Authenticate: Bearer resource_metadata=\"http://127.0.0.1:1/x\""])
      return true
    },
    // Resets before an answer, or behind so many bytes of a body of 100.
    "reset": { _, connection, count in
      if let count = Int(count) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        connection.send([UInt8](repeating: 0x78, count: count))
        connection.wait(milliseconds: 50)
      }
      connection.reset()
      return false
    },
    "close": { _, _, _ in false },
    // Nothing comes, until the client is gone.
    "stall": { _, connection, _ in !connection.waitForClose() },
    // A byte each so many milliseconds.
    "slow": { _, connection, milliseconds in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      while connection.send([0x78]) { connection.wait(milliseconds: Int(milliseconds) ?? 100) }
      return false
    },
    // Answers, then closes as soon as another request has come, without an answer.
    "race": { _, connection, _ in
      connection.respond()
      _ = connection.waitForClose()
      return false
    },
    // Answers and closes although it said nothing of it.
    "quit": { _, connection, _ in
      connection.respond()
      return false
    },
    "halfclose": { _, connection, _ in
      connection.respond("200 OK", [], Array("half".utf8))
      connection.halfClose()
      _ = connection.waitForClose()
      return false
    },
    // Answers before it has read the body, and closes.
    "early": { _, connection, _ in
      connection.respond("413 Content Too Large", ["Connection: close"])
      return false
    },
    // So many bytes of header lines.
    "headers": { _, connection, count in
      let line = "X-Filler: " + String(repeating: "f", count: 1012) + "\r\n"
      connection.send("HTTP/1.1 200 OK\r\n")
      for _ in 0..<((Int(count) ?? 0) / 1024) {
        guard connection.send(Array(line.utf8)) else { break }
      }
      connection.send("Content-Length: 0\r\n\r\n")
      return true
    },
    // So many interim responses before the final one.
    "interim": { _, connection, count in
      for _ in 0..<(Int(count) ?? 0) {
        guard connection.send(Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".utf8)) else {
          return false
        }
      }
      connection.respond("200 OK", [], Array("final".utf8))
      return true
    },
    // So many zeros, compressed; `/gzip-cut` lacks its end.
    "gzip": { _, connection, count in
      connection.respond("200 OK", ["Content-Encoding: gzip"], Gzip.zeros(Int(count) ?? 0))
      return true
    },
    "gzip-cut": { _, connection, count in
      let bytes = Gzip.zeros(Int(count) ?? 0)
      connection.respond("200 OK", ["Content-Encoding: gzip"], Array(bytes.dropLast(12)))
      return true
    },
    "gzip-more": { _, connection, count in
      let bytes = Gzip.zeros(Int(count) ?? 0) + Array("and more".utf8)
      connection.respond("200 OK", ["Content-Encoding: gzip"], bytes)
      return true
    },
    // Plain bytes that claim to be compressed with what the argument names.
    "encoded": { _, connection, name in
      connection.respond("200 OK", ["Content-Encoding: \(name)"], Array("not at all".utf8))
      return true
    },
  ]

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
