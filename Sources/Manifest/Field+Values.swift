import YAML

extension Field {
  /// `true` or `false`, nothing else: `yes`, `on` and `1` are refused (row M05).
  static func flag(
    _ key: String, _ path: @autoclosure @escaping Path<Bool>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .boolean, show: { $0 ? "true" : "false" },
      parse: { node, reader in
        reader.parsed(node, expected: "true or false") { scalar in
          guard scalar.style == .plain else { return nil }
          switch scalar.text {
          case "true", "True", "TRUE": return true
          case "false", "False", "FALSE": return false
          default: return nil
          }
        }
      })
  }

  /// A whole number in decimal digits without a leading zero.
  static func integer(
    _ key: String, _ path: @autoclosure @escaping Path<Int>, in range: ClosedRange<Int>,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .integer(range), show: { "\($0)" },
      parse: { node, reader in reader.whole(node, in: range) })
  }

  /// A span such as `5s`.
  static func span(
    _ key: String, _ path: @autoclosure @escaping Path<Duration>,
    in range: ClosedRange<Duration>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .duration(range), show: SpanText.show,
      parse: { node, reader in
        reader.parsed(
          node,
          expected: "a time from \(SpanText.show(range.lowerBound)) to "
            + "\(SpanText.show(range.upperBound)), such as 250ms, 5s, 5m or 1h"
        ) { scalar in
          SpanText.parse(scalar.text).flatMap { range.contains($0) ? $0 : nil }
        }
      })
  }

  /// A size such as `8MiB`.
  static func size(
    _ key: String, _ path: @autoclosure @escaping Path<Int>, in range: ClosedRange<UInt64>,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .size(range), show: { SizeText.show(UInt64($0)) },
      parse: { node, reader in
        reader.size(node, in: range).flatMap { Int(exactly: $0) }
      })
  }

  /// A size such as `8MiB`, or none.
  static func size(
    _ key: String, _ path: @autoclosure @escaping Path<UInt64?>,
    in range: ClosedRange<UInt64>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .size(range), show: { $0.map { SizeText.show($0) } },
      parse: { node, reader in
        reader.size(node, in: range)
      })
  }

  /// One of the raw values of an enumeration.
  static func choice<Choice>(
    _ key: String, _ path: @autoclosure @escaping Path<Choice>, _ about: String
  ) -> Field
  where Choice: RawRepresentable<String> & CaseIterable & Sendable {
    let words = Choice.allCases.map(\.rawValue)
    return value(
      key, path(), about, .choice(words), show: { $0.rawValue },
      parse: { node, reader in
        reader.parsed(node, expected: "one of " + words.joined(separator: ", ")) { scalar in
          Choice.allCases.first { $0.rawValue.utf8.elementsEqual(scalar.text.utf8) }
        }
      })
  }

  /// A list of raw values of an enumeration, none twice.
  static func choices<Choice>(
    _ key: String, _ path: @autoclosure @escaping Path<[Choice]>, _ about: String
  ) -> Field
  where Choice: RawRepresentable<String> & CaseIterable & Sendable & Equatable {
    let words = Choice.allCases.map(\.rawValue)
    return value(
      key, path(), about, .list(.choice(words)),
      show: { "[" + $0.map(\.rawValue).joined(separator: ", ") + "]" },
      parse: { node, reader in
        var seen: [Choice] = []
        return reader.list(node) { node, reader in
          let choice = reader.parsed(node, expected: "one of " + words.joined(separator: ", ")) {
            scalar in
            Choice.allCases.first { $0.rawValue.utf8.elementsEqual(scalar.text.utf8) }
          }
          guard let choice else { return nil }
          guard !seen.contains(choice) else {
            reader.report("'\(choice.rawValue)' is named twice", at: node.position)
            return nil
          }
          seen.append(choice)
          return choice
        }
      })
  }

  /// Text as it is written; templates are not expanded.
  static func text(
    _ key: String, _ path: @autoclosure @escaping Path<String>, _ rule: TextRule,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(rule), show: { $0 },
      parse: { node, reader in reader.text(node, rule) })
  }

  /// Text as it is written, or none.
  static func text(
    _ key: String, _ path: @autoclosure @escaping Path<String?>, _ rule: TextRule,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(rule), show: { $0 },
      parse: { node, reader in reader.text(node, rule) })
  }
}

extension Reader {
  fileprivate mutating func size(_ node: Node, in range: ClosedRange<UInt64>) -> UInt64? {
    parsed(
      node,
      expected: "a size from \(SizeText.show(range.lowerBound)) to "
        + "\(SizeText.show(range.upperBound)), such as 64KiB or 512MiB"
    ) { scalar in
      SizeText.parse(scalar.text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}
