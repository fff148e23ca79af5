import MCP
import RawJSON
import Testing

@testable import Gateway

@Suite struct OfferedTaskValueTests {
  private func value(_ members: [UInt8]) throws -> JSONValue {
    try JSONValue(parsing: [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")])
  }

  @Test func `a task reads in each era as that era writes it`() throws {
    let task = TaskDescription(id: Array("a\"b".utf8), keptFor: 5, at: "now")
    let legacy = try value(task.members(in: .legacy))
    #expect(
      legacy == [
        "taskId": "a\"b", "status": "working", "createdAt": "now", "lastUpdatedAt": "now",
        "ttl": 5, "pollInterval": 1000,
      ])
    let modern = try value(task.members(in: .modern))
    #expect(modern["ttlMs"] == 5 && modern["pollIntervalMs"] == 1000)
    #expect(modern["ttl"] == nil)
  }

  @Test(arguments: TaskStatus.allCases, TaskStatus.allCases)
  func `what is over stays as it is`(first: TaskStatus, second: TaskStatus) {
    var task = TaskDescription(id: [1], keptFor: 5, at: "one")
    _ = task.become(first, at: "two")
    let changed = task.become(second, at: "three")
    #expect(changed == (!first.isTerminal && first != second))
    #expect(task.status == (changed ? second : first))
    #expect(task.updatedAt == (changed ? "three" : first == .working ? "one" : "two"))
  }

  @Test func `what is said of a task is forgotten with its end`() throws {
    var task = TaskDescription(id: [1], keptFor: 5, at: "one")
    task.say(Array(#""half""#.utf8))
    #expect(try value(task.members(in: .modern))["statusMessage"] == "half")
    _ = task.become(.completed, at: "two")
    task.say(Array(#""late""#.utf8))
    #expect(try value(task.members(in: .modern))["statusMessage"] == nil)
  }

  @Test func `questions of a round have names that never come again`() throws {
    let line = Array(
      #"{"inputRequests":{"a":{"method":"roots/list"},"b":{"method":"roots/list"}}}"#.utf8)
    var round = try InputRound(ByteRange(start: 0, end: line.count), in: line.span.bytes)
    round.firstNumber = 7
    #expect(
      try JSONValue(parsing: round.openRequests)
        == ["7": ["method": "roots/list"], "8": ["method": "roots/list"]])
    let keys = Array(#"["7","8","9","6","x","-9223372036854775808"]"#.utf8)
    var found: [Int?] = []
    JSON.forEachElement(of: ByteRange(start: 0, end: keys.count), in: keys.span.bytes) {
      found.append(round.index(ofKey: $0, in: keys.span.bytes))
    }
    #expect(found == [0, 1, nil, nil, nil, nil])
    round.answer(0, with: Array("{}".utf8))
    #expect(try JSONValue(parsing: round.openRequests) == ["8": ["method": "roots/list"]])
  }
}
