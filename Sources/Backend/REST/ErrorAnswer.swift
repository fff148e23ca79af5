import HTTP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// What an answer with a status of 300 or more says, reduced to a sentence or two.
///
/// The message is looked for where the manifest says (`rest.errors`), then where APIs usually
/// have it; a page of HTML is reduced to its text. Everything is printable and bounded.
enum ErrorAnswer {
  /// Bytes of a body that a message quotes.
  static let quoted = 600

  static func failure(
    _ answer: RESTAnswer, service: String, shape: REST.ErrorShape, retryAfter: Duration?
  ) -> RESTFailure {
    let status = answer.status
    let category = RESTFailure.Category(status: status)
    var message = "\(service) answered \(status)\(reason(of: status))"
    if (300..<400).contains(status) {
      message += "\(target(of: answer)), which is not followed."
    } else {
      let said = text(answer, shape)
      message += said.isEmpty ? "." : ": \(said)"
      if !message.hasSuffix(".") { message += "." }
    }
    var advice = RESTFailure.Category.advice(status: status)
    if let retryAfter {
      let seconds = max(1, (retryAfter.inMilliseconds + 999) / 1000)
      advice = "Try again in \(seconds) s."
    }
    return RESTFailure(
      category, message, advice: advice, status: status,
      isRetryable: category == .rateLimit || category == .unavailable || category == .timeout,
      retryAfter: retryAfter)
  }

  /// A redirect, whose target's host is all that is shown of it (row H15).
  private static func target(of answer: RESTAnswer) -> String {
    guard let location = answer.head.value(of: "location") else { return ", a redirect" }
    let bytes = Array(location.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      bytes[colon...].starts(with: Array("://".utf8))
    else { return ", a redirect to another path" }
    let host = bytes[(colon + 3)...].prefix { !Array("/?#\\".utf8).contains($0) }
    let shown = host.lastIndex(of: UInt8(ascii: "@")).map { host[($0 + 1)...] } ?? host
    return ", a redirect to '\(Printable.text(Array(shown), limit: 80))'"
  }

  private static func text(_ answer: RESTAnswer, _ shape: REST.ErrorShape) -> String {
    let trimmed = answer.body.drop { $0 <= 0x20 }
    guard let first = trimmed.first else { return "" }
    if first == UInt8(ascii: "<") { return Printable.text(htmlText(answer.body), limit: quoted) }
    guard let json = try? JSONText(parsing: answer.body) else {
      return Printable.text(spaced(Array(trimmed)), limit: quoted)
    }
    var said = words(json, at: shape.message)
    if said.isEmpty { said = usual(json) }
    if said.isEmpty {
      var bytes: [UInt8] = []
      json.append(to: &bytes)
      return Printable.text(bytes, limit: quoted)
    }
    let hint = words(json, at: shape.hint)
    let whole = said.joined(separator: "; ") + (hint.first.map { " (\($0))" } ?? "")
    return Printable.text(spaced(Array(whole.utf8)), limit: quoted)
  }

  private static func words(_ json: JSONText, at path: ValuePath?) -> [String] {
    guard let path else { return [] }
    return Array(json.values(at: path).compactMap(\.scalarText).filter { !$0.isEmpty }.prefix(3))
  }

  /// The places where APIs say what is wrong.
  private static func usual(_ json: JSONText) -> [String] {
    let places: [ValuePath] = [
      ValuePath([.member("errors"), .items, .member("message")]),
      ValuePath(["error", "message"]), ValuePath(["message"]), ValuePath(["error_description"]),
      ValuePath(["detail"]), ValuePath(["error"]), ValuePath(["title"]),
      ValuePath([.member("errors"), .items]),
    ]
    for place in places {
      let found = words(json, at: place)
      if !found.isEmpty { return found }
    }
    return []
  }

  /// What a browser would show of a page, roughly: no tags, no scripts, single spaces.
  static func htmlText(_ page: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var index = 0
    while index < page.count, output.count < quoted * 2 {
      guard page[index] == UInt8(ascii: "<") else {
        output.append(page[index])
        index += 1
        continue
      }
      for name in ["script", "style", "head"] where startsTag(name, page, at: index) {
        // Everything up to the closing tag is for machines.
        let close = Array("</\(name)".utf8)
        var end = index + 1
        while end < page.count, !matches(close, page, at: end) { end += 1 }
        index = end
      }
      while index < page.count, page[index] != UInt8(ascii: ">") { index += 1 }
      index += 1
      output.append(0x20)
    }
    return spaced(output)
  }

  private static func startsTag(_ name: String, _ page: [UInt8], at index: Int) -> Bool {
    matches(Array("<\(name)".utf8), page, at: index)
      && page.dropFirst(index + 1 + name.utf8.count).first.map { $0 <= 0x20 || $0 == 0x3E } == true
  }

  private static func matches(_ text: [UInt8], _ page: [UInt8], at index: Int) -> Bool {
    guard index + text.count <= page.count else { return false }
    return zip(text, page[index...]).allSatisfy {
      $0 == ($1 | ($1 >= 0x41 && $1 <= 0x5A ? 0x20 : 0))
    }
  }

  private static func spaced(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for byte in text {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isSpace, output.isEmpty || output.last == 0x20 { continue }
      output.append(isSpace ? 0x20 : byte)
    }
    if output.last == 0x20 { output.removeLast() }
    return output
  }

  /// The words that go with a status (RFC 9110, section 15).
  static func reason(of status: Int) -> String {
    let words = [
      301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
      308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
      403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
      409: "Conflict", 410: "Gone", 412: "Precondition Failed", 413: "Content Too Large",
      415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
      451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented",
      502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    return words[status].map { " \($0)" } ?? ""
  }
}
