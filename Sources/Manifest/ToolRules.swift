/// Which of a service's tools are shown, and under which name and description.
///
/// Names are the service's own; `rename` comes before the prefix.
package struct ToolRules: Sendable {
  /// nil is the default: the service's name and `_`; empty is none.
  package var prefix: String?
  /// If not empty, only tools that match one of these.
  package var include: [NamePattern] = []
  /// Tools that match one of these are left out, included or not.
  package var exclude: [NamePattern] = []
  /// The service's name of a tool, and the one to show.
  package var rename: [NamedText] = []
  /// The service's name of a tool, and the description to show.
  package var describe: [NamedText] = []
  /// Tools whose calls change nothing.
  package var readOnly: [NamePattern] = []
  /// Tools whose calls may be made twice.
  package var idempotent: [NamePattern] = []
  /// Tools that go first where calls wait.
  package var high: [NamePattern] = []
  /// Tools that go last.
  package var low: [NamePattern] = []
  /// How long results of read-only tools may be given again.
  package var cache: [PatternValue<Duration>] = []
  /// How much longer they may stand in where the service fails.
  package var stale: [PatternValue<Duration>] = []
  /// Which tools' kept results a call of a tool makes untrue.
  package var clears: [PatternValue<[NamePattern]>] = []

  /// Tools whose calls the gateway makes tasks of, for clients that know tasks.
  package var tasks: [NamePattern] = []

  /// Tools whose arguments are checked by their input schema before they are sent.
  package var validate: [NamePattern] = []

  package init() {}

  /// Whether arguments of the tool that the service calls `name` are checked.
  package func validates(_ name: some Collection<UInt8>) -> Bool {
    validate.contains { $0.matches(name) }
  }

  /// Whether calls of the tool that the service calls `name` are offered as tasks of ours.
  package func makesTasks(of name: some Collection<UInt8>) -> Bool {
    tasks.contains { $0.matches(name) }
  }

  /// Whether the tool that the service calls `name` is shown.
  package func admits(_ name: some Collection<UInt8>) -> Bool {
    if exclude.contains(where: { $0.matches(name) }) { return false }
    return include.isEmpty || include.contains { $0.matches(name) }
  }

  /// The name to show for the tool that the service calls `name`, before the prefix; nil if its own.
  package func renamed(_ name: some Collection<UInt8>) -> String? {
    rename.first { $0.name.utf8.elementsEqual(name) }?.text
  }

  /// The description to show for the tool that the service calls `name`; nil if its own.
  package func described(_ name: some Collection<UInt8>) -> String? {
    describe.first { $0.name.utf8.elementsEqual(name) }?.text
  }
}

/// One line of a mapping from names to texts.
package struct NamedText: Hashable, Sendable {
  package var name: String
  package var text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// What holds for the tools whose names match a pattern.
package struct PatternValue<Value: Hashable & Sendable>: Hashable, Sendable {
  package var pattern: NamePattern
  package var value: Value

  package init(_ pattern: String, _ value: Value) {
    self.pattern = NamePattern(pattern)
    self.value = value
  }
}
