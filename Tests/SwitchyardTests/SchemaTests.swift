import CommandTesting
import RawJSON
import Testing

/// `switchyard schema`.
@Suite struct SchemaTests {
  @Test func `M06: the schema knows the keys that the reader knows, and no others`() throws {
    let run = try CommandRun(["schema"])
    #expect(run.code == 0)
    let schema = try JSONValue(parsing: Array(run.output.utf8))
    // With `rest` or `http` a manifest has other keys than with `process`.
    #expect(schema.at(pointer: "/if/required") == ["rest"])
    #expect(schema.at(pointer: "/else/if/required") == ["http"])
    let home = try DemoHome()
    for (branch, kind, needed) in [
      ("/else/else", "process", "command"), ("/else/then", "http", "url"), ("/then", "rest", "url"),
    ] {
      let keys = try #require(schema.at(pointer: branch))
      #expect(keys["additionalProperties"] == false)
      #expect(keys["required"]?.arrayValue?.contains(.string(kind)) == true)
      let section = keys.at(pointer: "/properties/\(kind)")
      #expect(section?["required"] == [.string(needed)])
      #expect(section?["additionalProperties"] == false)
      // Each key the schema allows is one the reader does not call unknown.
      for key in keys["properties"]?.objectValue?.keys ?? [] {
        let beside = key == kind ? "" : "\(kind): {}\n"
        try home.write("\(beside)\(key): {}\n", to: "key.yaml")
        #expect(try !home.run("check").output.contains("unknown key '\(key)'"), "\(key)")
      }
    }
    try home.write("nonsense: {}\n", to: "key.yaml")
    #expect(try home.run("check").output.contains("'nonsense'"))
  }

  @Test func `defaults have the type of their key`() throws {
    for kind in ["manifest", "gateway"] {
      let schema = try JSONValue(parsing: Array(try CommandRun(["schema", kind]).output.utf8))
      try check(schema, at: kind)
    }
  }

  private func check(_ schema: JSONValue, at place: String) throws {
    if let value = schema["default"] {
      switch schema["type"]?.stringValue {
      case "integer": #expect(value.intValue != nil, "\(place)")
      case "boolean": #expect(value.boolValue != nil, "\(place)")
      case "array": #expect(value.arrayValue != nil, "\(place)")
      case "object": #expect(value.objectValue != nil, "\(place)")
      default: #expect(value.stringValue != nil, "\(place)")
      }
      if let words = schema["enum"]?.arrayValue { #expect(words.contains(value), "\(place)") }
    }
    for member in schema["properties"]?.objectValue ?? JSONObject() {
      try check(member.value, at: place + "/" + member.key)
    }
  }
}
