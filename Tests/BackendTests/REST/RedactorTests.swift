import Testing

@testable import Backend

/// S13: what an API echoes holds no credential of ours.
@Suite struct RedactorTests {
  private let redactor = Redactor(["canary/7 secret"])

  @Test(arguments: [
    #"{"a":"canary/7 secret"}"#, #"{"a":"canary\/7 secret"}"#, "?token=canary%2F7%20secret&x=1",
    "Basic Y2FuYXJ5Lzcgc2VjcmV0", "canary/7 secretcanary/7 secret",
  ])
  func `S13: a secret is masked in every spelling, and the text keeps its length`(_ text: String) {
    let shown = redactor.redacted(text)
    #expect(!shown.contains("canary"))
    #expect(!shown.contains("Y2FuYXJ5"))
    #expect(shown.contains("******"))
    #expect(shown.utf8.count == text.utf8.count)
  }

  @Test func `text without the secret stays as it is, and short secrets mask nothing`() {
    #expect(redactor.redacted("canary/8 secret") == "canary/8 secret")
    #expect(Redactor(["abc"]).redacted("abcdef") == "abcdef")
    #expect(Redactor([]).isEmpty)
  }

  @Test(arguments: [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcd", "YWJjZA==")])
  func `base64 is that of RFC 4648`(_ plain: String, _ text: String) {
    #expect(String(decoding: Redactor.base64(Array(plain.utf8)), as: UTF8.self) == text)
  }
}
