import Manifest
import Testing

/// Row M09: what `after` may name.
@Suite struct StartOrderTests {
  private func folder(_ services: [(String, String)]) -> ConfigurationFolder {
    let folder = ConfigurationFolder()
    for (name, after) in services {
      folder.manifest(name, process(after.isEmpty ? "" : "after: [\(after)]\n"))
    }
    return folder
  }

  @Test func `services come after others, in whatever order their files are`() {
    let configuration = folder([("a", "b, c"), ("b", "c"), ("c", "")]).load()
    #expect(configuration.diagnostics.isEmpty)
    #expect(configuration.ready.map(\.after) == [["b", "c"], ["c"], []])
  }

  @Test(arguments: [
    (
      "datbase", "'after' names the service 'datbase', which there is not; did you mean 'database'?"
    ),
    (
      "elsewhere",
      "'after' names the service 'elsewhere', which there is not; there are database, other"
    ),
  ]) func `M09: a name that there is not takes its service down, and no other`(
    name: String, message: String
  ) {
    let configuration = folder([("app", name), ("database", ""), ("other", "")]).load()
    #expect(configuration.ready.map(\.name) == ["database", "other"])
    #expect(
      configuration.diagnostics.map { "\($0.line):\($0.column): \($0.message)" } == [
        "3:8: \(message)"
      ])
  }

  @Test func `M09: a circle is refused with the circle printed, and nothing beside it`() {
    let configuration = folder([
      ("a", "b"), ("b", "c"), ("c", "a"), ("outside", "a"), ("plain", ""),
    ]).load()
    #expect(configuration.ready.map(\.name) == ["outside", "plain"])
    #expect(
      configuration.diagnostics.map(\.message) == [
        "'after' goes round in a circle: a -> b -> c -> a",
        "'after' goes round in a circle: b -> c -> a -> b",
        "'after' goes round in a circle: c -> a -> b -> c",
      ])
  }

  @Test func `M09: a service does not come after itself, nor twice after another`() {
    let own = folder([("a", "a")]).load()
    #expect(own.diagnostics.map(\.message) == ["'after' goes round in a circle: a -> a"])
    let twice = folder([("a", "b, b"), ("b", "")]).load()
    #expect(twice.diagnostics.map(\.message) == ["the service 'b' is named twice"])
  }

  @Test func `a single file is checked without the others`() {
    let folder = folder([("app", "database")])
    let configuration = Configuration.check(
      files: [folder.path + "/manifests/app.yaml"], directory: folder.path, environment: [:])
    #expect(configuration.diagnostics.isEmpty)
  }

  @Test func `M09: a reload that would make a circle with what is kept changes neither`() {
    let folder = folder([("a", "b"), ("b", "")])
    let running = folder.load()
    folder.manifest("a", "process: [")
    folder.manifest("b", process("after: [a]\n"))
    let difference = ConfigurationDifference(from: running, to: folder.load())
    #expect(difference.result.ready.map(\.after) == [["b"], []])
    let kept = difference.services.filter {
      if case .kept = $0.kind { true } else { false }
    }
    #expect(kept.map(\.name) == ["a", "b"])
  }
}
