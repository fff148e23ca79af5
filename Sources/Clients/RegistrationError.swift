import RawJSON

/// Why an entry was not written or taken out; the file is untouched in every case.
package enum RegistrationError: Error, Hashable, Sendable {
  /// The file is not JSON with comments.
  case syntax(JSONCError)
  /// The file is well formed, but what we have to change is not an object, or stands twice.
  case shape(JSONCEditError)
  /// The name is taken by an entry that launches something else.
  case foreign(name: String, command: String?, line: Int, column: Int)
  case notRegistered(name: String)
  /// The edit would have changed more than it should; a fault of ours.
  case damaged
}

extension RegistrationError: CustomStringConvertible {
  /// What is wrong and what to do; positions come first, ready to stand behind a file name.
  package var description: String {
    switch self {
    case .syntax(let error): "\(error); correct it there and run this again"
    case .shape(let error): "\(error); correct it there and run this again"
    case .foreign(let name, let command, let line, let column):
      "\(line):\(column): the entry '\(name)' "
        + (command.map { "launches '\($0)'" } ?? "has no command")
        + ", not switchyard-gateway; choose another --name, or --force"
    case .notRegistered(let name): "there is no entry '\(name)'"
    case .damaged: "the edit would have changed other entries; nothing was written"
    }
  }
}

extension RegistrationError {
  static func parse(_ text: [UInt8]) throws(RegistrationError) -> JSONCDocument {
    do { return try JSONCDocument(parsing: text) } catch { throw .syntax(error) }
  }

  static func locate(
    _ path: [String], in document: JSONCDocument
  ) throws(RegistrationError) -> JSONCNode? {
    do { return try JSONCEditor.node(at: path, in: document) } catch { throw .shape(error) }
  }

  static func set(
    _ path: [String], to value: JSONValue, in document: JSONCDocument
  ) throws(RegistrationError) -> [UInt8] {
    do { return try JSONCEditor.set(path, to: value, in: document) } catch { throw .shape(error) }
  }

  static func remove(
    _ path: [String], from document: JSONCDocument
  ) throws(RegistrationError) -> [UInt8] {
    do { return try JSONCEditor.remove(path, from: document) } catch { throw .shape(error) }
  }

  /// Refuses an entry whose command is not ours.
  static func checkOwner(
    of entry: JSONCNode, name: String, in document: JSONCDocument, force: Bool
  ) throws(RegistrationError) {
    let command = document.value(of: entry)?["command"]?.stringValue
    if force || command.map(Registration.isOurs(command:)) == true { return }
    let (line, column) = document.bytes.position(of: entry.range.lowerBound)
    throw .foreign(name: name, command: command, line: line, column: column)
  }

  /// Proves that an edit changed nothing but `path`, before anything is written.
  static func verify(
    _ result: [UInt8], against document: JSONCDocument, except path: [String]
  ) throws(RegistrationError) {
    guard let now = try? JSONCDocument(parsing: result),
      bare(now, without: path) == bare(document, without: path)
    else { throw .damaged }
  }

  /// The members outside `path`, flattened, as text without layout.
  private static func bare(_ document: JSONCDocument, without path: [String]) -> [JSONValue] {
    var values: [JSONValue] = []
    var node = document.root
    for key in path {
      var next: JSONCNode?
      for member in node?.members ?? [] {
        if member.name.elementsEqual(key.utf8) {
          next = member.value
        } else {
          values.append(.string(String(decoding: member.name, as: UTF8.self)))
          values.append(document.value(of: member.value) ?? .null)
        }
      }
      node = next
    }
    return values
  }
}
