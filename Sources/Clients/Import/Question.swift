/// What a description leaves to the person: an input of VS Code, a variable of the registry, a
/// `user_config` of a bundle.
package struct Question: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case text
    case number(least: Double?, most: Double?)
    /// `true` or `false`.
    case truth
    case choice([String])
  }

  /// What the answer is given under.
  package var key: String
  /// One line for the person.
  package var about: String?
  package var kind = Kind.text
  package var isSecret = false
  package var isRequired = true
  /// Whether there may be several answers.
  package var allowsMany = false
  /// The answers where nobody gives any.
  package var fallback: [FoundText]?

  package init(_ key: String, about: String? = nil) {
    self.key = key
    self.about = about
  }

  /// What is wrong with answers, as the end of a sentence that begins with the key.
  package func complaint(about answers: [String]) -> String? {
    if answers.count > 1, !allowsMany { return "takes one value" }
    return answers.lazy.compactMap(complaint(aboutOne:)).first
  }

  private func complaint(aboutOne answer: String) -> String? {
    switch kind {
    case .text: return nil
    case .truth: return ["true", "false"].contains(answer) ? nil : "must be true or false"
    case .choice(let choices):
      if choices.contains(where: { $0.utf8.elementsEqual(answer.utf8) }) { return nil }
      return "must be one of " + choices.joined(separator: ", ")
    case .number(let least, let most):
      guard let number = Double(answer), number.isFinite else { return "must be a number" }
      if let least, number < least { return "must not be below \(least)" }
      if let most, number > most { return "must not be above \(most)" }
      return nil
    }
  }
}
