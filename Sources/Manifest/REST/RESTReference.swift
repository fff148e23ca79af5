/// A way into a JSON value, such as `next_page.offset` or `errors[].message`.
package struct ValuePath: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    case member(String)
    /// Each item of an array (`[]`); what follows is taken of every one.
    case items
  }

  package var steps: [Step]

  package init(_ steps: [Step]) { self.steps = steps }

  /// The path through members of these names.
  package init(_ names: [String]) { steps = names.map { .member($0) } }
}

extension REST {
  /// A value that is known when a request is built.
  ///
  /// Written as `arguments.NAME`, `config.NAME`, `item`, `steps.NAME`, each with members and
  /// `[]` after it, `counts.NAME` or `truncated`. There are no expressions.
  package struct Reference: Hashable, Sendable {
    package enum Root: Hashable, Sendable {
      /// The value of an argument, its default included.
      case argument(String)
      case config(String)
      /// The item of the `each` around the operation.
      case item
      /// The value of a step before this one.
      case step(String)
      /// How many items a step has fetched.
      case count(String)
      /// Whether `max_items` cut something off.
      case truncated
    }

    package var root: Root
    package var path: ValuePath

    package init(root: Root, path: ValuePath = ValuePath([String]())) {
      self.root = root
      self.path = path
    }
  }
}
