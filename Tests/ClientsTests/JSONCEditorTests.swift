import Clients
import RawJSON
import Testing

@Suite struct JSONCEditorTests {
  private func set(_ path: [String], _ value: JSONValue, _ text: String) throws -> String {
    let document = try JSONCDocument(parsing: Array(text.utf8))
    return String(
      decoding: try JSONCEditor.set(path, to: value, in: document), as: UTF8.self)
  }

  private func remove(_ path: [String], _ text: String) throws -> String {
    let document = try JSONCDocument(parsing: Array(text.utf8))
    return String(decoding: try JSONCEditor.remove(path, from: document), as: UTF8.self)
  }

  @Test func `a new member goes behind the last one and the comments that follow it`() throws {
    let text = """
      {
          // keep
          "a": 1 // one
          /* end */
      }

      """
    let changed = """
      {
          // keep
          "a": 1, // one
          /* end */
          "s": {
              "x": [1, 2]
          }
      }

      """
    #expect(try set(["s"], ["x": [1, 2]], text) == changed)
    #expect(try remove(["s"], changed) == text)
  }

  @Test func `a trailing comma stays one`() throws {
    let text = "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t},\n}\n"
    let changed = "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"c\": true,\n\t},\n}\n"
    #expect(try set(["a", "c"], true, text) == changed)
    #expect(try remove(["a", "c"], changed) == text)
  }

  @Test func `one line stays one line, as tight as it was`() throws {
    #expect(
      try set(["m", "n"], ["a": [1, 2]], #"{"m":{"x":1}}"#) == #"{"m":{"x":1,"n":{"a":[1,2]}}}"#)
    #expect(try set(["m", "n"], 2, #"{"m": {}}"#) == #"{"m": {"n": 2}}"#)
    #expect(try set(["m"], 2, #"{"a": 1}"#) == #"{"a": 1, "m": 2}"#)
  }

  @Test func `line ends and a byte order mark stay what they were`() throws {
    let text = "\u{FEFF}{\r\n  \"m\": {\r\n  }\r\n}"
    let changed = "\u{FEFF}{\r\n  \"m\": {\r\n    \"n\": {\r\n      \"a\": 1\r\n    }\r\n  }\r\n}"
    #expect(try set(["m", "n"], ["a": 1], text) == changed)
  }

  @Test func `an empty file becomes an object`() throws {
    #expect(try set(["m", "n"], 1, "") == "{\n  \"m\": {\n    \"n\": 1\n  }\n}\n")
    #expect(try set(["m"], 1, "// mine") == "// mine\n{\n  \"m\": 1\n}\n")
    #expect(try set(["m"], 1, "// ¿") == "// ¿\n{\n  \"m\": 1\n}\n")
    #expect(try set(["m"], 1, "\u{FEFF}") == "\u{FEFF}{\n  \"m\": 1\n}\n")
  }

  @Test func `a value is replaced where it stands, and not at all when it is the same`() throws {
    let text = "{\n  \"m\": { /* why */ \"n\": [ 1,2 ] } // x\n}"
    #expect(try set(["m", "n"], [1, 2], text) == text)
    #expect(try set(["m", "n"], 3, text) == "{\n  \"m\": { /* why */ \"n\": 3 } // x\n}")
  }

  @Test func `removing never pulls what follows into a line comment`() throws {
    #expect(try remove(["n"], "{ // c\n \"n\": 1, \"b\": 2 }") == "{ // c\n  \"b\": 2 }")
    #expect(try remove(["n"], "{ // c\n \"n\": 1 }") == "{ // c\n  }")
    #expect(try remove(["n"], "{ // c\n \"n\": 1 /* d\n */ }") == "{ // c\n  /* d\n */ }")
    #expect(try remove(["n"], "{ // c\n \"n\": 1,\n \"b\": 2 }") == "{ // c\n \"b\": 2 }")
  }

  @Test func `removing what is not there changes nothing`() throws {
    for text in ["", "{}", "{\"m\": {}}", "{\"m\": {\"x\": 1}}"] {
      #expect(try remove(["m", "n"], text) == text)
    }
  }

  @Test func `what is in the way is named with its place`() throws {
    let error = #expect(throws: JSONCEditError.self) { try set(["m", "n"], 1, "{\n \"m\": []}") }
    #expect(error?.reason == .notAnObject(path: ["m"]))
    #expect(error?.line == 2)
    #expect(error?.column == 7)
    let twice = "{\"m\": {\"n\": 1},\n\"m\": {}}"
    for change in [{ try set(["m", "n"], 1, twice) }, { try remove(["m", "n"], twice) }] {
      let error = #expect(throws: JSONCEditError.self) { try change() }
      #expect(error?.reason == .duplicate(key: "m"))
      #expect(error?.line == 2)
    }
    #expect(throws: JSONCEditError.self) { try set(["m"], 1, "[1]") }
  }
}
