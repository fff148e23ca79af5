package import Manifest

/// A tool that many calls look at. As a value it is large: each copy counts some thirty references.
package final class SharedTool: Sendable {
  package let value: REST.Tool

  package init(_ value: REST.Tool) { self.value = value }
}
