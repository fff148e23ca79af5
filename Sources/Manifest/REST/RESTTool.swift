package import RawJSON

extension REST {
  /// One tool: what a model sees, and what is requested.
  package struct Tool: Sendable {
    /// As the manifest calls it; the service's prefix comes before it unless it begins with it.
    package var name: String
    package var title: String?
    package var description = ""
    package var category: String?
    package var priority = Priority.medium
    package var annotations = Annotations()
    /// In the order of the file.
    package var arguments: [Argument] = []
    /// At least one of these must have a value; empty asks for nothing.
    package var anyOf: [String] = []
    package var execution = Execution.operations([])
    package var result = Result()
    /// Items in the result at most: of all pages, or in steps, of all `each` together.
    package var maxItems: Count?
    /// How long an answer stays true; a hint for clients.
    package var cache: Duration?
    /// How long a call takes; a hint for clients until there are measurements.
    package var estimate: Duration?
    /// Whether a call may be one of a `batch` step's.
    package var isBatchable = false
    /// Whether the gateway offers its calls as tasks.
    package var isTask = false
    package var stream = Stream.none
    /// Of a call; nil is the service's `limits.timeout`.
    package var timeout: Duration?

    package init(name: String) { self.name = name }

    package func argument(_ name: String) -> Argument? {
      arguments.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
  }

  /// Who goes first in a full lane; also a hint for clients.
  package enum Priority: String, CaseIterable, Sendable { case high, medium, low }

  /// Which notifications a call sends beyond its answer.
  package enum Stream: String, CaseIterable, Sendable { case none, progress, incremental, status }

  /// Hints for clients (MCP, ToolAnnotations); by default what the methods imply.
  package struct Annotations: Hashable, Sendable {
    package var isReadOnly = false
    package var isDestructive = true
    package var isIdempotent = false
    package var isOpenWorld = true

    package init() {}
  }

  /// What a call does.
  package enum Execution: Sendable {
    /// The first whose condition holds; the last one has none or the call is refused.
    case operations([Operation])
    /// One after the other. The result is what `collect` says, or else what the last step got.
    case steps([Step])
  }

  /// What the tool gives back.
  package struct Result: Sendable {
    /// Members to keep of the answer, or of each item of a list; empty keeps all.
    package var fields: [ValuePath] = []
    /// The type of the answer after the envelope and `fields`. An array stands in the
    /// structured content as `items`, beside `next` where there is a further page.
    package var schema: ValueType?

    package init() {}
  }

  /// A number that the manifest fixes or an argument gives.
  package enum Count: Hashable, Sendable {
    case fixed(Int)
    /// The name of an argument of type integer that has a default.
    case argument(String)
  }

  /// Whether an argument has a value that is neither null nor `false`, or the opposite.
  package struct Condition: Hashable, Sendable {
    package var argument: String
    package var isNegated: Bool

    package init(argument: String, isNegated: Bool) {
      self.argument = argument
      self.isNegated = isNegated
    }
  }

  /// A test of one item of a list.
  package struct Filter: Hashable, Sendable {
    package enum Test: Hashable, Sendable {
      /// Equal as JSON.
      case equals(JSONValue)
      case differs(JSONValue)
      /// A number greater than this one.
      case above(Double)
    }

    /// A missing member is null.
    package var field: ValuePath
    package var test: Test
    /// The test is only made if this holds; otherwise everything passes.
    package var condition: Condition?

    package init(field: ValuePath, test: Test, condition: Condition? = nil) {
      self.field = field
      self.test = test
      self.condition = condition
    }
  }
}
