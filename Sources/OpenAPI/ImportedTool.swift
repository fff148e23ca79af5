import RawJSON

/// An operation of the document as a tool of the manifest.
struct ImportedTool: Sendable {
  var name: String
  var description: String
  var method: String
  var path: String
  var arguments: [ImportedArgument] = []
  /// The member that a JSON body is in, and the one that the answer is in.
  var requestEnvelope: String?
  var answerEnvelope: String?
  /// Whether it has a JSON body or answer, so that an envelope means something.
  var hasBody = false
  var hasAnswer = false
  var paging: ImportedPaging?
}

struct ImportedArgument: Sendable {
  var name: String
  var type: ImportedType
  var isRequired: Bool
  /// The words of `in`.
  var position: String
  /// Its name in the request.
  var apiName: String
  var style: String?
}

/// How further pages are asked for, in the words of the manifest.
struct ImportedPaging: Hashable, Sendable {
  var style: String
  var parameter: String?
  var limit: String?
  var next: String?
  var items: String?

  var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [("style", .string(style))]
    members.append(("limit", .string(limit ?? "")))
    for (key, value) in [("parameter", parameter), ("next", next), ("items", items)] {
      if let value { members.append((key, .string(value))) }
    }
    return members
  }
}

/// Names that tools and arguments can have.
enum ImportedName {
  /// Of letters, digits, `_` and `-`, at most `most` of them, not one of `taken`.
  static func unique(_ text: String, most: Int, taken: Set<String>) -> String {
    var name = ""
    for byte in text.utf8.prefix(most) {
      let scalar = Unicode.Scalar(byte)
      let isKept =
        scalar.properties.isAlphabetic && scalar.isASCII
        || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
      name.unicodeScalars.append(isKept ? scalar : "_")
    }
    if name.isEmpty { name = "_" }
    var candidate = name
    var number = 2
    while taken.contains(candidate) {
      let suffix = "_\(number)"
      candidate = String(name.prefix(most - suffix.count)) + suffix
      number += 1
    }
    return candidate
  }
}
