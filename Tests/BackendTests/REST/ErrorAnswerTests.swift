import HTTP
import Manifest
import RawJSON
import Resilience
import Testing

@testable import Backend

@Suite struct ErrorAnswerTests {
  private func failure(
    _ status: Int, _ body: String, headers: [HTTPHeader] = [], retryAfter: Duration? = nil,
    shape: REST.ErrorShape = REST.ErrorShape()
  ) -> RESTFailure {
    let head = HTTPResponseHead(status: status, headers: headers, version: .http1)
    return ErrorAnswer.failure(
      RESTAnswer(head: head, body: Array(body.utf8)), service: "api", shape: shape,
      retryAfter: retryAfter)
  }

  @Test(arguments: [
    (400, "validation"), (401, "authentication"), (402, "permission"), (403, "permission"),
    (404, "not_found"), (405, "validation"), (408, "timeout"), (409, "conflict"),
    (410, "not_found"), (412, "conflict"), (413, "validation"), (422, "validation"),
    (429, "rate_limit"), (451, "permission"), (500, "internal"), (501, "internal"),
    (502, "unavailable"), (503, "unavailable"), (504, "timeout"), (302, "internal"),
  ])
  func `H26: every status has a category and an advice`(_ status: Int, _ category: String) {
    let failure = failure(status, "")
    #expect(failure.category.rawValue == category)
    #expect(failure.form == .toolResult)
    #expect(failure.status == status)
    #expect(failure.text.contains("\(status)"))
    #expect(failure.advice.hasSuffix("."))
  }

  @Test func `H26: the API's own message and hint are quoted from where the manifest says`() {
    var shape = REST.ErrorShape()
    shape.message = ValuePath([.member("errors"), .items, .member("message")])
    shape.hint = ValuePath([.member("errors"), .items, .member("help")])
    let body = #"{"errors":[{"message":"name: Missing input","help":"See the docs"}]}"#
    #expect(
      failure(400, body, shape: shape).message
        == "api answered 400 Bad Request: name: Missing input (See the docs).")
  }

  @Test(arguments: [
    #"{"error":{"message":"no such thing"}}"#, #"{"message":"no such thing"}"#,
    #"{"error":"no such thing"}"#, #"{"detail":"no such thing","title":"x"}"#,
    "no\n such\tthing", #"{"errors":["no such thing"]}"#,
  ])
  func `H26: messages are found where APIs usually have them`(_ body: String) {
    #expect(failure(404, body).message == "api answered 404 Not Found: no such thing.")
  }

  @Test func `H14: a page of HTML is reduced to its text`() {
    let page =
      "<!doctype html><html><head><title>Oops</title></head><body><script>x < y</script>"
      + "<h1>Bad   gateway</h1>\n<p>nginx</p></body></html>"
    #expect(failure(502, page).message == "api answered 502 Bad Gateway: Bad gateway nginx.")
  }

  @Test func `H26: a body is quoted up to a limit, and without control characters`() {
    let failure = failure(400, #"{"message":"\#(String(repeating: "é", count: 5_000))\u001b[31m"}"#)
    #expect(failure.message.utf8.count < 2_000)
    #expect(!failure.message.utf8.contains(0x1B))
  }

  @Test func `H15: of a redirect only the target's host is shown`() {
    let location = HTTPHeader("Location", "http://user:pass@169.254.169.254/latest?token=x")
    let text = failure(302, "", headers: [location]).text
    #expect(text.contains("169.254.169.254"))
    #expect(!text.contains("pass"))
    #expect(!text.contains("latest"))
  }

  @Test func `H05: the time to wait is told in seconds, rounded up`() {
    let failure = failure(429, "", retryAfter: .milliseconds(36_500))
    #expect(failure.text.contains("Try again in 37 s."))
    #expect(failure.isRetryable)
    #expect(failure.retryAfter == .milliseconds(36_500))
  }
}
