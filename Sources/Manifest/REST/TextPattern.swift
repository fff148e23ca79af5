/// A regular expression of which only the part is allowed that matches in linear time.
package struct TextPattern: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }
}
