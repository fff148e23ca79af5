import Backend
import Manifest
import RawJSON
import Testing

@testable import Gateway

@Suite struct RESTNotifierTests {
  private func notifier(_ stream: REST.Stream, items: Bool = false) -> RESTNotifier {
    RESTNotifier(token: Array(#""t""#.utf8), stream: stream, wantsItems: items)
  }

  private func params(_ line: [UInt8]?) throws -> JSONValue? {
    try line.map { try JSONValue(parsing: $0) }?["params"]
  }

  @Test func `progress increases with every notification, also where nothing new is done`() throws {
    var notifier = notifier(.progress)
    let notices: [RESTNotice] = [
      .progress(done: 1, total: 3, message: "a"), .wait("w"), .status("s"),
      .progress(done: 1, total: 4, message: "b"), .progress(done: 2, total: 4, message: "c"),
      .wait("w"), .progress(done: 4, total: 4, message: "d"), .status("end"),
    ]
    var values: [Double] = []
    for notice in notices {
      let params = try params(notifier.line(for: notice))
      let value = try #require(params?["progress"]?.doubleValue)
      if let total = params?["total"]?.doubleValue { #expect(value <= total) }
      #expect(params?["progressToken"] == "t")
      values.append(value)
    }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `without a token nothing is sent`() {
    var notifier = RESTNotifier(token: [], stream: .progress, wantsItems: true)
    #expect(notifier.line(for: .progress(done: 1, total: 2, message: "a")) == nil)
    #expect(notifier.line(for: .wait("w")) == nil)
  }

  @Test func `items come to clients that asked for them, and are counted for all`() throws {
    let items = [JSONText(["gid": "1"]), JSONText(["gid": "2"])]
    var asked = notifier(.incremental, items: true)
    var silent = notifier(.incremental)
    let full = try params(asked.line(for: .items(items, count: 2)))
    let bare = try params(silent.line(for: .items(items, count: 2)))
    #expect(full?.at(pointer: "/_meta/switchyard~1items") == [["gid": "1"], ["gid": "2"]])
    #expect(bare?["_meta"] == nil)
    #expect(full?["progress"]?.intValue == 2)
    #expect(bare?["progress"]?.intValue == 2)
  }

  @Test func `a mode sends its own notifications, and every mode tells of waits`() {
    let progress = RESTNotice.progress(done: 1, total: 2, message: "a")
    let items = RESTNotice.items([], count: 1)
    for stream in REST.Stream.allCases {
      var notifier = notifier(stream)
      #expect((notifier.line(for: progress) != nil) == (stream == .progress))
      #expect((notifier.line(for: items) != nil) == (stream == .incremental))
      #expect((notifier.line(for: .status("s")) != nil) == (stream != .none))
      #expect(notifier.line(for: .wait("w")) != nil)
    }
  }
}
