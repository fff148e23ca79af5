import Harness
import MCP
import RawJSON
import Testing

/// The service that docs/plugins.md shows.
@Suite struct DocumentedPluginTests {
  @Test func `the page shows exactly the service that is compiled here`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = text("/\(root)/docs/plugins.md")
    let source = text("/\(root)/Tests/Support/ExamplePlugin/Temperature.swift")
    #expect(!source.isEmpty)
    #expect(page.contains("```swift\n\(source)```\n"))
    #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count <= 35)
  }

  private func text(_ path: String) -> String {
    String(decoding: SmallFile.bytes(of: path), as: UTF8.self)
  }

  @Test func `it works as the page says`() throws {
    let client = try HarnessClient(
      ServerCommand([Sibling.path(of: "temperature")]), revision: .newest)
    let schema = try client.roundTrip("tools/list").result?.at(pointer: "/tools/0/inputSchema")
    #expect(schema?["required"] == ["value", "from"])
    #expect(schema?.at(pointer: "/properties/to/default") == "kelvin")
    #expect(schema?.at(pointer: "/properties/to/enum") == ["celsius", "fahrenheit", "kelvin"])
    let warm = try client.call("convert", ["value": 0, "from": "celsius"]).result
    #expect(warm?.at(pointer: "/content/0/text") == "273.15 K")
    let cold = try client.call("convert", ["value": -1, "from": "kelvin"]).result
    #expect(cold?["isError"] == true)
    #expect(cold?.at(pointer: "/content/0/text") == "That is colder than anything can be.")
    let odd = try client.call("convert", ["value": 1, "from": "rankine"]).result
    let text = odd?.at(pointer: "/content/0/text")?.stringValue ?? ""
    #expect(text.contains("/from: expected one of 'celsius', 'fahrenheit', 'kelvin'"))
  }
}
