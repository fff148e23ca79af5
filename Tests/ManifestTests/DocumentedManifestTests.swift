import Manifest
import RawJSON
import TestSupport
import Testing
import YAML

/// docs/manifest.md says what the code does.
@Suite struct DocumentedManifestTests {
  private let lines: [String]

  init() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let bytes = try RegularFile.read("/\(root)/docs/manifest.md", limit: 1 << 20)
    lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private var page: String { lines.joined(separator: "\n") }

  /// The lines from the heading `title` to the next one of its level.
  private func section(_ title: String) -> [String] {
    let rest = lines.drop { $0 != "## \(title)" }.dropFirst()
    return Array(rest.prefix { !$0.hasPrefix("## ") })
  }

  /// The first block of YAML in a section.
  private func example(in title: String) -> String {
    let rest = section(title).drop { $0 != "```yaml" }.dropFirst()
    return rest.prefix { $0 != "```" }.joined(separator: "\n")
  }

  @Test func `M06: the page has a row for every key, with the type and default of the code`() {
    let expected = KeyRows(ServiceManifest.keys).text
    let actual = section("Keys").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").prefix(4).map { "|\($0)" }.joined() + "|"
    }
    #expect(actual == expected, "the page should have:\n\(expected.joined(separator: "\n"))")
  }

  @Test func `M06: the page has a row for every key of REST services and of types`() {
    let tables = [
      ("Keys of REST services", KeyRows(onceEach: Self.restKeys).text),
      ("Keys of remote services", KeyRows(Self.remoteKeys).text),
      ("Types", KeyRows(onceEach: REST.typeKeys).text),
    ]
    for (title, expected) in tables {
      let actual = subsection(title).filter { $0.hasPrefix("| `") }
      #expect(actual == expected, "\(title):\n\(expected.joined(separator: "\n"))")
    }
  }

  /// Without the keys that stand in the table of all manifests.
  private static let remoteKeys = ServiceManifest.remoteKeys.filter { $0.key == "http" }

  /// Without the keys that all manifests have.
  private static let restKeys = REST.keys.filter { key in
    key.key == "rest" || key.key == "tools"
  }

  /// The lines from a heading of the second level to the next one.
  private func subsection(_ title: String) -> [String] {
    let rest = lines.drop { $0 != "### \(title)" }.dropFirst()
    return Array(rest.prefix { !$0.hasPrefix("##") })
  }

  @Test func `the worked example is right, and its tools are what the page says`() throws {
    let rest = subsection("A worked example").drop { $0 != "```yaml" }.dropFirst()
    let text = rest.prefix { $0 != "```" }.joined(separator: "\n")
    let folder = ConfigurationFolder().manifest("library", text)
    let entry = try #require(folder.load(["LIBRARY_TOKEN": "t"]).services.first)
    let service = try #require(entry.manifest?.rest, "\(entry.reasons)")
    #expect(service.tools.map(\.name) == ["find_books", "lend_book", "book_with_loans"])
    let violations = service.tools[1].violations(in: ["book": "7/../8", "reader": "ann"])
    let shown = violations.map { "\($0.pointer) \($0.message)" }
    #expect(shown.count == 1 && shown.allSatisfy { page.contains("`\($0)`") }, "\(shown)")
  }

  @Test func `every key is given a reason`() {
    for row in section("Keys") where row.hasPrefix("| `") {
      let columns = row.split(separator: "|")
      #expect(columns.count == 5 && columns.last?.contains { $0 != " " } == true, "\(row)")
    }
  }

  @Test func `the complete example is complete and valid`() throws {
    let text = example(in: "A complete example")
    let folder = ConfigurationFolder().manifest("issues", text)
    folder.write("secrets/issues-token", "t\n")
    let entry = try #require(folder.load(["HOME": "/home/me"]).services.first)
    let manifest = try #require(entry.manifest, "\(entry.reasons)")
    #expect(manifest.prefix == "issues_")
    let root = try #require(try Node.parse(Array(text.utf8)))
    for path in KeyRows(ServiceManifest.keys).paths {
      var node: Node? = root
      for key in path { node = node?[key] }
      #expect(node != nil, "the example lacks '\(path.joined(separator: "."))'")
    }
  }

  @Test func `the errors on the page are those of its example`() {
    let folder = ConfigurationFolder().manifest("git", example(in: "Errors"))
    let errors = folder.load().diagnostics.map {
      "manifests/git.yaml:\($0.line):\($0.column): \($0.message)"
    }
    #expect(errors.count == 3)
    for error in errors { #expect(section("Errors").contains(error), "\(error)") }
  }
}

/// The first four columns of the page's table of keys.
struct KeyRows {
  private(set) var text: [String] = []
  private(set) var paths: [[String]] = []

  init(_ keys: [KeyDescription]) { add(keys, under: []) }

  /// A key that stands in several places with one meaning has one row.
  private var seen: Set<String>?

  init(onceEach keys: [KeyDescription]) {
    seen = []
    add(keys, under: [])
  }

  private mutating func add(_ keys: [KeyDescription], under path: [String]) {
    for key in keys {
      if seen?.insert(key.key + key.about).inserted == false { continue }
      let path = path + [key.key]
      let fallback =
        key.isRequired
        ? "required" : key.defaultText.flatMap { $0.isEmpty ? nil : "`\($0)`" } ?? "none"
      let name = path.joined(separator: ".")
      text.append("| `\(name)` | \(type(key.shape)) | \(fallback) | \(key.about) |")
      paths.append(path)
      switch key.shape {
      case .section(let inner), .sections(let inner): add(inner, under: path)
      case .sectionTable(_, let inner): add(inner, under: path + ["NAME"])
      default: break
      }
    }
  }

  private func type(_ shape: KeyDescription.Shape) -> String {
    switch shape {
    case .text(let pattern, let length):
      let letters =
        switch pattern {
        case "^[A-Za-z0-9_-]*$": " of A-Z, a-z, 0-9, _ and -"
        case nil: ""
        case let other?: " like `\(other)`"
        }
      return "text\(letters), \(length.lowerBound) to \(length.upperBound) bytes"
    case .boolean: return "`true` or `false`"
    case .integer(let range): return "number, \(range.lowerBound) to \(range.upperBound)"
    case .duration(let range):
      return "time, \(time(range.lowerBound)) to \(time(range.upperBound))"
    case .size(let range): return "size, \(size(range.lowerBound)) to \(size(range.upperBound))"
    case .choice(let words): return words.map { "`\($0)`" }.joined(separator: ", ")
    case .list(let item): return "list of \(type(item))"
    case .table(let keys, let value):
      return "mapping from \(keys == nil ? "names" : "variables") to \(type(value))"
    case .section: return "mapping"
    case .json: return "any value"
    case .either(let shapes): return shapes.map { type($0) }.joined(separator: ", or ")
    case .sections: return "list of mappings"
    case .sectionTable: return "mapping from names to mappings"
    case .type: return "a [type](#types)"
    }
  }

  private func time(_ span: Duration) -> String {
    let units: [(Duration, String)] = [
      (.seconds(3_600), "h"), (.seconds(60), "m"), (.seconds(1), "s"),
    ]
    for (unit, name) in units where span >= unit { return "\(Int(span / unit))\(name)" }
    return "\(Int(span / .milliseconds(1)))ms"
  }

  private func size(_ bytes: UInt64) -> String {
    for (shift, name) in [(40, "TiB"), (30, "GiB"), (20, "MiB")] where bytes >= 1 << shift {
      return "\(bytes >> UInt64(shift))\(name)"
    }
    return "\(bytes)B"
  }
}
