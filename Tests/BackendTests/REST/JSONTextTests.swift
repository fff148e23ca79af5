import Manifest
import RawJSON
import Testing

@testable import Backend

@Suite struct JSONTextTests {
  private func text(_ json: String) throws -> JSONText { try JSONText(parsing: Array(json.utf8)) }

  private func string(_ text: JSONText) -> String {
    var bytes: [UInt8] = []
    text.append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `white space between tokens goes, white space in strings stays`() throws {
    let value = try text("{\n \"a b\" : [ 1 ,\t\"x \\\" y\" ]\r\n}")
    #expect(string(value) == #"{"a b":[1,"x \" y"]}"#)
  }

  @Test func `paths lead through members and items`() throws {
    let value = try text(#"{"errors":[{"message":"a"},{"x":1},{"message":"b"}],"n":{"o":7}}"#)
    let messages = ValuePath([.member("errors"), .items, .member("message")])
    #expect(value.values(at: messages).map(\.string) == ["a", "b"])
    #expect(value[["n", "o"]]?.integer == 7)
    #expect(value["missing"] == nil)
    #expect(value.value(at: ValuePath(["n", "o"]))?.scalarText == "7")
  }

  @Test func `a projection keeps the paths and nothing beside them, in objects and in lists`()
    throws
  {
    let projection = Projection([
      ValuePath(["gid"]), ValuePath(["owner", "name"]),
      ValuePath([.member("tags"), .items, .member("name")]), ValuePath(["absent"]),
    ])
    let item =
      #"{"gid":"1","notes":"n","owner":{"gid":"2","name":"o"},"tags":[{"gid":"3","name":"t"}]}"#
    let kept = #"{"gid":"1","owner":{"name":"o"},"tags":[{"name":"t"}]}"#
    #expect(string(projection.applied(to: try text(item))) == kept)
    #expect(string(projection.applied(to: try text("[\(item),\(item)]"))) == "[\(kept),\(kept)]")
    #expect(string(Projection([]).applied(to: try text(item))) == item)
  }

  @Test func `what is attached to an item is seen through every list that holds it`() throws {
    let sections = StepValue(try text(#"[{"gid":"1"},{"gid":"2"}]"#))
    let path = ValuePath([.items, .member("tasks"), .items])
    guard case .list(let nodes) = sections else { throw Refused() }
    nodes[0].attach(StepValue(try text(#"[{"gid":"a"},{"gid":"b"}]"#)), as: "tasks")
    nodes[1].attach(StepValue(try text(#"[{"gid":"c"}]"#)), as: "tasks")
    guard case .list(let tasks) = sections.value(at: path) else { throw Refused() }
    #expect(tasks.map { $0.text["gid"]?.string } == ["a", "b", "c"])
    tasks[2].attach(StepValue(try text("[]")), as: "subtasks")
    #expect(
      string(sections.json)
        == #"[{"gid":"1","tasks":[{"gid":"a"},{"gid":"b"}]},"#
        + #"{"gid":"2","tasks":[{"gid":"c","subtasks":[]}]}]"#)
  }

  private struct Refused: Error {}
}
