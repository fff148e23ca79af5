import YAML

/// One key of the configuration: how it is read, and what is said about it.
///
/// The tables of fields are the only place that knows a key. `Reader` uses them
/// to read and to name the nearest known key; `describe` feeds the JSON Schema
/// and the reference tables with the default that the code really has.
struct Field<Target>: Sendable {
  /// Where a value of the target is kept. Asked for when the key is there: to make a key path takes
  /// the runtime longer than to read the value.
  typealias Path<Value> = @Sendable () -> any WritableKeyPath<Target, Value> & Sendable

  let key: String
  let isRequired: Bool
  /// Whether the key is only known in order to say that it is not supported yet.
  let isReserved: Bool
  /// Checks the value and stores it; reports what is wrong and then stores nothing.
  let read: @Sendable (Node, inout Target, inout Reader) -> Void
  /// Given the target with its defaults; nil for reserved keys.
  let describe: @Sendable (Target) -> KeyDescription?

  private init(
    _ key: String, isRequired: Bool = false, isReserved: Bool = false,
    describe: @escaping @Sendable (Target) -> KeyDescription?,
    read: @escaping @Sendable (Node, inout Target, inout Reader) -> Void
  ) {
    self.key = key
    self.isRequired = isRequired
    self.isReserved = isReserved
    self.read = read
    self.describe = describe
  }

  /// A key that holds one value: `parse` reports and returns nil if it is not one.
  static func value<Value: Sendable>(
    _ key: String, _ path: @autoclosure @escaping Path<Value>, _ about: String,
    _ shape: KeyDescription.Shape, isRequired: Bool = false,
    show: @escaping @Sendable (Value) -> String?,
    parse: @escaping @Sendable (Node, inout Reader) -> Value?
  ) -> Field {
    Field(
      key, isRequired: isRequired,
      describe: { target in
        KeyDescription(
          key: key, about: about, isRequired: isRequired, shape: shape,
          defaultText: isRequired ? nil : show(target[keyPath: path()]))
      },
      read: { node, target, reader in
        if let value = parse(node, &reader) { target[keyPath: path()] = value }
      })
  }

  /// A key whose value changes the target in a way of its own.
  static func value(
    _ key: String, _ about: String, _ shape: KeyDescription.Shape,
    isRequired: Bool = false, show: @escaping @Sendable (Target) -> String? = { _ in nil },
    edit: @escaping @Sendable (Node, inout Target, inout Reader) -> Void
  ) -> Field {
    Field(
      key, isRequired: isRequired,
      describe: { target in
        KeyDescription(
          key: key, about: about, isRequired: isRequired, shape: shape, defaultText: show(target))
      },
      read: edit)
  }

  /// `inner` as a key of what keeps its target at `path`.
  init<Inner>(lifting inner: Field<Inner>, to path: @autoclosure @escaping Path<Inner>) {
    self.init(
      inner.key, isRequired: inner.isRequired,
      describe: { inner.describe($0[keyPath: path()]) },
      read: { node, target, reader in inner.read(node, &target[keyPath: path()], &reader) })
  }

  /// A key that holds a mapping with keys of its own.
  static func section<Inner: Sendable>(
    _ key: String, _ path: @autoclosure @escaping Path<Inner>, _ about: String,
    _ fields: @escaping @Sendable () -> [Field<Inner>], isRequired: Bool = false
  ) -> Field {
    Field(
      key, isRequired: isRequired,
      describe: { target in
        let inner = target[keyPath: path()]
        return KeyDescription(
          key: key, about: about, isRequired: isRequired,
          shape: .section(fields().compactMap { $0.describe(inner) }), defaultText: nil)
      },
      read: { node, target, reader in
        reader.read(node, into: &target[keyPath: path()], by: fields())
      })
  }

  /// A key that a later version will have; using it is an error that says so.
  static func reserved(_ key: String, _ message: String) -> Field {
    Field(
      key, isReserved: true, describe: { _ in nil },
      read: { node, _, reader in reader.report(message, at: node.position) })
  }
}
