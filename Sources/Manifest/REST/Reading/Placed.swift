import RawJSON
import YAML

/// A value of the file with its place, kept until it can be checked against the rest.
struct Placed<Value: Sendable>: Sendable {
  var value: Value
  var position: Position
}

extension Field {
  /// The same key as one of `Outer`, which keeps a `Target` at `path`.
  func lifted<Outer>(to path: @autoclosure @escaping Field<Outer>.Path<Target>) -> Field<Outer> {
    Field<Outer>(lifting: self, to: path())
  }

  /// A scalar that is a name of something else in the file.
  static func name(
    _ key: String, _ path: @autoclosure @escaping Path<Placed<String>?>, _ rule: TextRule,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(rule), show: { _ in nil },
      parse: { node, reader in
        reader.text(node, rule).map { Placed(value: $0, position: node.position) }
      })
  }

  /// A list of names, or one name.
  static func names(
    _ key: String, _ path: @autoclosure @escaping Path<[Placed<String>]>, _ rule: TextRule,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(rule)), show: { _ in nil },
      parse: { node, reader in
        reader.list(node) { node, reader in
          reader.text(node, rule).map { Placed(value: $0, position: node.position) }
        }
      })
  }

  /// A mapping with keys of its own that may be left out as a whole.
  static func part<Inner: Sendable>(
    _ key: String, _ path: @autoclosure @escaping Path<Placed<Inner>?>, _ about: String,
    _ fields: @escaping @Sendable () -> [Field<Inner>], _ empty: @escaping @Sendable () -> Inner
  ) -> Field {
    value(
      key, path(), about, .section(fields().compactMap { $0.describe(empty()) }),
      show: { _ in nil },
      parse: { node, reader in
        var inner = empty()
        reader.read(node, into: &inner, by: fields())
        return Placed(value: inner, position: node.position)
      })
  }

  /// A list of mappings.
  static func parts<Inner: Sendable>(
    _ key: String, _ path: @autoclosure @escaping Path<[Placed<Inner>]>, _ about: String,
    _ fields: @escaping @Sendable () -> [Field<Inner>], _ empty: @escaping @Sendable () -> Inner
  ) -> Field {
    value(
      key, path(), about, .sections(fields().compactMap { $0.describe(empty()) }),
      show: { _ in nil },
      parse: { node, reader in
        reader.list(node) { node, reader in
          var inner = empty()
          reader.read(node, into: &inner, by: fields())
          return Placed(value: inner, position: node.position)
        }
      })
  }

  /// A mapping from names of the user's choice to mappings, or to words that `short` reads.
  static func rows<Inner: Sendable>(
    _ key: String, _ path: @autoclosure @escaping Path<[Row<Inner>]>, _ rule: TextRule,
    _ about: String,
    _ fields: @escaping @Sendable () -> [Field<Inner>], _ empty: @escaping @Sendable () -> Inner,
    isRequired: Bool = false, short: (@Sendable (Node, inout Reader) -> Inner?)? = nil
  ) -> Field {
    let shape = KeyDescription.Shape.sectionTable(
      keys: rule.pattern, fields().compactMap { $0.describe(empty()) })
    return value(
      key, path(), about, shape, isRequired: isRequired, show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: rule) { pair, reader in
          var inner = empty()
          if let short, pair.value.scalar != nil {
            guard let value = short(pair.value, &reader) else { return nil }
            inner = value
          } else {
            reader.read(pair.value, into: &inner, by: fields())
          }
          return Row(
            name: Placed(value: pair.key, position: pair.keyPosition), value: inner,
            position: pair.value.position)
        }
      })
  }

  static func span(
    _ key: String, _ path: @autoclosure @escaping Path<Duration?>, in range: ClosedRange<Duration>,
    _ about: String
  ) -> Field {
    let inner = Field<SpanBox>.span(key, \.span, in: range, about)
    return value(
      key, path(), about, .duration(range), show: { _ in nil },
      parse: { node, reader in
        var box = SpanBox()
        let count = reader.diagnostics.count
        inner.read(node, &box, &reader)
        return reader.diagnostics.count == count ? box.span : nil
      })
  }

  static func flag(_ key: String, _ path: @autoclosure @escaping Path<Bool?>, _ about: String)
    -> Field
  {
    value(
      key, path(), about, .boolean, show: { _ in nil },
      parse: { node, reader in
        switch node.json {
        case .bool(let value): return value
        default:
          reader.report("\(reader.subject) must be true or false", at: node.position)
          return nil
        }
      })
  }
}

/// One line of a table of mappings.
struct Row<Value: Sendable>: Sendable {
  var name: Placed<String>
  var value: Value
  var position: Position
}

private struct SpanBox: Sendable { var span = Duration.zero }
