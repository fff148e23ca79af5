package import PluginKit

/// The arguments of a call, which fulfil the schema of its tool.
package struct Input: Sendable {
  let arguments: StructuredValue

  package init(_ arguments: StructuredValue) { self.arguments = arguments }

  subscript(name: String) -> StructuredValue? { arguments[name] }

  /// Nil when left out, and when null.
  func text(_ name: String) -> String? { arguments[name]?.string }

  /// For a gid that the schema requires.
  func gid(_ name: String) -> Gid { text(name) ?? "" }

  func flag(_ name: String) -> Bool? { arguments[name]?.bool }

  func integer(_ name: String) -> Int? { arguments[name]?.integer }

  func texts(_ name: String) -> [String]? { arguments[name]?.array?.compactMap(\.string) }

  func day(_ name: String) -> Day? { text(name).flatMap { Day($0) } }

  func time(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp($0) } }

  /// Whether the argument was given, be it as null.
  func has(_ name: String) -> Bool { arguments[name] != nil }

  /// Refuses arguments that exclude each other.
  func refuseBoth(_ first: String, _ second: String) throws(Refusal) {
    guard let one = self[first], one != .null, let other = self[second], other != .null else {
      return
    }
    throw .invalid(
      "\(first) and \(second) cannot be given together", help: "Leave one of them out.")
  }
}
