/// A value that must not reach a log, a message or a crash report.
///
/// It has no readable description: interpolation, `dump` and reflection show
/// `(secret)`. The one way out is `exposed`, so its uses can be found by name.
package struct Secret: Sendable {
  /// The value itself, for the environment of the one child it is meant for.
  package let exposed: String

  package init(_ value: String) { exposed = value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
