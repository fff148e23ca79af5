/// Why a document was refused, and where.
package struct YAMLError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// libyaml's own words, in English, without quoting the file.
    case syntax(String)
    case notUTF8
    case controlCharacter
    case tooLarge(limit: Int)
    case tooDeep(limit: Int)
    case tooManyNodes(limit: Int)
    case tooManyAliases(limit: Int)
    case unknownAnchor(String)
    case recursiveAlias(String)
    case duplicateKey(String, first: Position)
    case keyIsNotScalar
    case mergeKey
    case tag(String)
    case severalDocuments
    case outOfMemory
  }

  package let reason: Reason
  package let position: Position

  package init(_ reason: Reason, at position: Position) {
    self.reason = reason
    self.position = position
  }
}

extension YAMLError: CustomStringConvertible {
  /// One sentence, safe for a terminal; the position is not part of it.
  package var description: String {
    switch reason {
    case .syntax(let problem): problem
    case .notUTF8: "the file is not valid UTF-8"
    case .controlCharacter: "control characters are not allowed; write them as escapes in quotes"
    case .tooLarge(let limit): "the file is larger than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooManyNodes(let limit): "more than \(limit) nodes after aliases are expanded"
    case .tooManyAliases(let limit): "more than \(limit) aliases"
    case .unknownAnchor(let name): "no anchor is called \(quoted(name))"
    case .recursiveAlias(let name): "the alias \(quoted(name)) stands inside its own anchor"
    case .duplicateKey(let key, let first):
      "duplicate key \(quoted(key)), first used at \(first.line):\(first.column)"
    case .keyIsNotScalar: "a key must be plain text, not a list or a mapping"
    case .mergeKey: "merge keys ('<<') are not supported; write the keys out"
    case .tag(let tag): "the tag \(quoted(tag)) is not supported; leave it out"
    case .severalDocuments: "one document per file; remove everything from this '---'"
    case .outOfMemory: "out of memory"
    }
  }
}
