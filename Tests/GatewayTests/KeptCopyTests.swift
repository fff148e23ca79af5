import Manifest
import RawJSON
import Resilience
import Testing

@testable import Gateway

/// Results of reads as they are kept.
@Suite struct KeptCopyTests {
  private func copy(of result: String, goodFor time: Duration, after age: Duration) -> String {
    let start = Instant.zero + .seconds(5)
    let kept = KeptCopy.bytes(of: Array(result.utf8), goodUntil: start + time)
    return String(decoding: KeptCopy.result(of: kept, at: start + age), as: UTF8.self)
  }

  @Test func `a copy says what is left of the time, and nothing else is changed`() {
    let result = #"{"contents":[],"ttlMs":5000,"cacheScope":"public","é":{"ttlMs":1}}"#
    let rest = #","contents":[],"cacheScope":"public","é":{"ttlMs":1}}"#
    #expect(copy(of: result, goodFor: .seconds(5), after: .zero) == #"{"ttlMs":5000"# + rest)
    #expect(
      copy(of: result, goodFor: .seconds(5), after: .microseconds(1_999_001))
        == #"{"ttlMs":3000"# + rest)
    #expect(copy(of: result, goodFor: .seconds(5), after: .seconds(5)) == #"{"ttlMs":0"# + rest)
    #expect(copy(of: result, goodFor: .seconds(5), after: .seconds(9)) == #"{"ttlMs":0"# + rest)
  }

  @Test func `a result that says no time gets none`() {
    #expect(
      copy(of: #"{"contents":[]}"#, goodFor: .zero, after: .seconds(1)) == #"{"contents":[]}"#)
    #expect(copy(of: "{}", goodFor: .seconds(1), after: .zero) == "{}")
  }

  @Test func `a result that says nothing but a time is still an object`() {
    #expect(copy(of: #"{"ttlMs":7}"#, goodFor: .seconds(1), after: .zero) == #"{"ttlMs":1000}"#)
  }

  private func isTouched(_ uri: String, by update: String) -> Bool? {
    KeptRead.patterns(touchedBy: Array(update.utf8)).map { patterns in
      patterns.contains { $0.matches(Array(uri.utf8)) }
    }
  }

  @Test func `an update touches the resource, its parts, and what it is a part of`() {
    let update = "file:///notes/a"
    for uri in [
      update, "file:///notes/a/b", "file:///notes/a#1", "file:///notes/", "file:///notes",
    ] {
      #expect(isTouched(uri, by: update) == true, "\(uri)")
    }
    for uri in ["file:///notes/b", "file:///other/a", "file:///notes/other/", "memo://a"] {
      #expect(isTouched(uri, by: update) == false, "\(uri)")
    }
    // What is nested like this is not looked at in detail.
    #expect(isTouched("x", by: String(repeating: "/", count: 33)) == nil)
  }
}
