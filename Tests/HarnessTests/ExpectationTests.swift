import Harness
import RawJSON
import Testing
import YAML

/// The first difference between what a scenario would expect and a JSON text.
private func mismatch(_ yaml: String, _ json: String) throws -> Mismatch? {
  let scenario = try parse("steps: [{request: x, expect: {result: \(yaml)}}]")
  guard case .request(_, let answer?) = scenario.steps[0].action,
    case .result(let expected) = answer.content
  else {
    Issue.record("the scenario holds no expected result")
    return nil
  }
  return expected.mismatch(in: try JSONValue(parsing: Array(json.utf8)))
}

func parse(_ yaml: String) throws -> Scenario {
  let root = try #require(try Node.parse(Array(yaml.utf8)))
  return try ScenarioParser.parse(root, file: "test.yaml")
}

@Suite struct ExpectationTests {
  @Test(arguments: [
    ("{a: 1}", #"{"a":1,"b":2}"#),
    ("{a: 1}", #"{"a":1.0}"#),
    ("{a: 10}", #"{"a":1e1}"#),
    ("{a: {b: [1, x, ~, true]}}", #"{"a":{"b":[1,"x",null,true],"c":0}}"#),
    (#"{a: "1"}"#, #"{"a":"1"}"#),
    ("{a: {$exact: {b: 1, c: 2}}}", #"{"a":{"c":2,"b":1}}"#),
    ("{a: {$regex: '^h.llo$'}}", #"{"a":"hello"}"#),
    ("{a: {$any: ~}}", #"{"a":null}"#),
    ("{a: {$absent: ~}}", "{}"),
    ("{a: {$type: integer}}", #"{"a":12}"#),
    ("{a: {$contains: ell}}", #"{"a":"hello"}"#),
    ("{a: {$contains: [{n: 2}, 1]}}", #"{"a":[1,{"n":2,"m":3}]}"#),
    ("{a: {$length: 2}}", #"{"a":[0,0]}"#),
    ("{a: {$min: 1, $max: 3}}", #"{"a":2.5}"#),
    ("{a: {$not: 1}}", #"{"a":2}"#),
    ("{$pointer: {/a/0/b: 1, /c~1d: 2}}", #"{"a":[{"b":1}],"c/d":2}"#),
    ("{a: {$oneOf: [1, {$type: string}]}}", #"{"a":"x"}"#),
  ])
  func `what is there may be more than what is expected`(yaml: String, json: String) throws {
    #expect(try mismatch(yaml, json) == nil)
  }

  @Test(arguments: [
    ("{a: 1}", #"{"a":2}"#, "/a", "1", "2"),
    ("{a: 1}", #"{"a":"1"}"#, "/a", "1", #""1""#),
    ("{a: 1}", "{}", "/a", "1", "nothing"),
    ("{a: {b: 1}}", #"{"a":[1]}"#, "/a", "an object", "[1]"),
    ("{a: [1, 2]}", #"{"a":[1]}"#, "/a/1", "2", "nothing"),
    ("{a: [1]}", #"{"a":[1,2]}"#, "/a/1", "the end of the array", "2"),
    ("{a/b: {c~d: 1}}", #"{"a/b":{"c~d":2}}"#, "/a~1b/c~0d", "1", "2"),
    ("{a: {$exact: {b: 1}}}", #"{"a":{"b":1,"c":2}}"#, "/a/c", "nothing", "2"),
    ("{a: {$regex: '^x'}}", #"{"a":"yx"}"#, "/a", "text that matches /^x/", #""yx""#),
    ("{a: {$absent: ~}}", #"{"a":1}"#, "/a", "nothing", "1"),
    ("{a: {$any: ~}}", "{}", "/a", "any value", "nothing"),
    ("{a: {$type: integer}}", #"{"a":1.5}"#, "/a", "a value of type integer", "1.5"),
    ("{a: {$not: 1}}", #"{"a":1}"#, "/a", "anything but 1", "1"),
    ("{$pointer: {/a/1: 5}}", #"{"a":[1,4]}"#, "/a/1", "5", "4"),
    ("{a: {$max: 3}}", #"{"a":4}"#, "/a", "a number up to 3.0", "4"),
    ("{a: {$contains: x}}", #"{"a":"hello"}"#, "/a", #"something that contains "x""#, #""hello""#),
  ])
  func `the first difference is told with its pointer`(
    yaml: String, json: String, pointer: String, expected: String, actual: String
  ) throws {
    let found = try mismatch(yaml, json)
    #expect(found == Mismatch(pointer: pointer, expected: expected, actual: actual))
  }

  @Test func `strings that only look alike are different`() throws {
    // U+212A KELVIN SIGN is canonically equivalent to K.
    #expect(try mismatch("{a: K}", "{\"a\":\"\u{212A}\"}") != nil)
  }
}
