import Manifest
import RawJSON
import TestSupport
import Testing
import YAML

/// The manifest of an API with these lines in its section `tools`.
func api(_ tools: String, rest: String = "") -> String {
  "rest:\n  url: https://api.example/v1\n\(rest)tools:\n\(tools)"
}

/// The API of a manifest that must be right.
func restService(
  _ text: String, _ environment: [String: String] = [:],
  _ location: SourceLocation = #_sourceLocation
) throws -> REST.Service {
  let entry = service(text, environment)
  let manifest = try #require(entry.manifest, "\(entry.reasons)", sourceLocation: location)
  return try #require(manifest.rest, sourceLocation: location)
}

/// The one tool that the lines describe, indented by four.
func tool(_ lines: String, rest: String = "", _ location: SourceLocation = #_sourceLocation)
  throws -> REST.Tool
{
  let text = api("  t:\n    description: x\n" + lines, rest: rest)
  let tools = try restService(text, [:], location).tools
  #expect(tools.count == 1, sourceLocation: location)
  return try #require(tools.first, sourceLocation: location)
}

/// What is said about a tool of these lines, without line and column.
func toolComplaints(_ lines: String, rest: String = "") -> [String] {
  complaints(api("  t:\n    description: x\n" + lines, rest: rest)).map {
    String($0.split(separator: ": ", maxSplits: 1).last ?? "")
  }
}

extension REST.Tool {
  /// The violations of a call, as `POINTER SENTENCE`.
  func complaints(about arguments: JSONValue) -> [String] {
    violations(in: arguments).map { "\($0.pointer) \($0.message)" }
  }

  /// The arguments with their fallbacks.
  func completed(_ arguments: JSONValue) -> JSONValue? {
    arguments.objectValue.map { .object(complete($0)) }
  }

  var operation: REST.Operation? { operations.first }
}

/// The folder of the project.
let projectFolder = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
