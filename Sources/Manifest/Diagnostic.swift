package import YAML

/// A mistake in a file of the configuration, and where it is.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: Hashable, Sendable { case error, warning }

  /// What is behind it, for those who advise.
  package enum Cause: Hashable, Sendable {
    /// Something in the file is wrong.
    case mistake
    /// An environment variable is not set.
    case variable
    /// A secret is missing or cannot be used.
    case secret
    /// Others can change the file, or its folder.
    case exposure
  }

  package var severity: Severity
  /// As it was opened.
  package var file: String
  /// nil when the mistake has no place in the file (it cannot be read, say).
  package var position: Position?
  /// One sentence without the place: what, where, and the nearest known key.
  package var message: String
  package var cause = Cause.mistake

  package init(
    _ message: String, in file: String, at position: Position?, severity: Severity = .error
  ) {
    self.severity = severity
    self.file = file
    self.position = position
    self.message = message
  }

  /// From 1; 1 when there is no place.
  package var line: Int { position?.line ?? 1 }
  /// From 1; 1 when there is no place.
  package var column: Int { position?.column ?? 1 }
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: message`, safe for a terminal; never the value of a variable or secret.
  package var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    let kind = severity == .warning ? "warning: " : ""
    return escaped(file) + place + ": " + kind + message
  }
}
