import RawJSON
import YAML

extension Reader {
  /// Text with variables but without secrets, for what may be shown.
  mutating func shownText(_ node: Node, _ rule: TextRule) -> String? {
    guard let template = template(node, rule) else { return nil }
    for case .secret(let name) in template.parts {
      report(
        "\(subject) must not hold the secret '\(name)'; secrets go into 'auth' and 'headers'",
        at: node.position)
      return nil
    }
    return expanded(template, rule, at: node)
  }

  /// The value of a header or credential, which may hold secrets.
  mutating func hiddenText(_ node: Node) -> Secret? {
    guard let template = template(node, .word) else { return nil }
    guard let text = expanded(template, .word, at: node) else { return nil }
    if variables.isDry { return Secret(text) }
    // Messages never show the value, nor where in it the mistake is.
    guard text.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
      report("\(subject) must not hold control characters such as a line break", at: node.position)
      return nil
    }
    return Secret(text)
  }

  /// A credential, which cannot be empty.
  mutating func credential(_ node: Node) -> Secret? {
    guard let secret = hiddenText(node) else { return nil }
    guard !secret.exposed.isEmpty || variables.isDry else {
      report("\(subject) is empty", at: node.position)
      return nil
    }
    return secret
  }

  /// A whole number that a variable may give.
  fileprivate mutating func openNumber(_ node: Node) -> Int? {
    guard let text = shownText(node, .word) else { return nil }
    if variables.isDry { return 1 }
    let quantity = Quantity.parse(text)
    if let quantity, quantity.unit.isEmpty, (1...1_000_000).contains(quantity.number) {
      return Int(quantity.number)
    }
    report("\(subject) must be a whole number from 1 to 1000000", at: node.position)
    return nil
  }

  /// The name of a header that a manifest may set; reports those that are not its business.
  mutating func headerName(_ text: String, at position: Position) -> String? {
    guard HeaderName.isToken(text) else {
      report("\(quoted(text)) in \(subject) is no name of a header", at: position)
      return nil
    }
    guard !HeaderName.isReserved(text) else {
      report("the header \(quoted(text)) in \(subject) is set by the gateway", at: position)
      return nil
    }
    return text
  }
}

/// Names of HTTP headers.
enum HeaderName {
  /// A token of RFC 9110, 5.6.2.
  static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        TextRule.isNameByte($0) || "!#$%&'*+.^`|~".utf8.contains($0)
      }
  }

  /// Headers that frame a message or say what the body is; the client writes them.
  static func isReserved(_ name: String) -> Bool {
    let lower = name.lowercased()
    return reserved.contains(lower) || lower.hasPrefix("proxy-")
  }

  private static let reserved: Set<String> = [
    "host", "content-length", "content-type", "content-encoding", "transfer-encoding",
    "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "accept-encoding",
  ]
}

extension Field {
  static func address(
    _ key: String, _ path: @autoclosure @escaping Path<REST.Address>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.path), isRequired: true, show: { _ in nil },
      parse: { node, reader in
        guard let text = reader.shownText(node, .path), !reader.variables.isDry else { return nil }
        do throws(REST.Address.Malformed) {
          return try REST.Address(text)
        } catch {
          reader.report("\(reader.subject) \(error.message)", at: node.position)
          return nil
        }
      })
  }

  static func headers(
    _ key: String, _ path: @autoclosure @escaping Path<[REST.Header]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .table(keys: nil, .text(.word)), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          guard let name = reader.headerName(pair.key, at: pair.keyPosition),
            let value = reader.hiddenText(pair.value)
          else { return nil }
          return REST.Header(name: name, value: value)
        }
      })
  }

  /// A file, relative to the manifest's folder.
  static func openPath(_ key: String, _ path: @autoclosure @escaping Path<String?>, _ about: String)
    -> Field
  {
    value(
      key, path(), about, .text(.path), show: { _ in nil },
      parse: { node, reader in
        guard let text = reader.shownText(node, .path) else { return nil }
        if text.utf8.starts(with: "~/".utf8) {
          reader.report(
            "'~' in \(reader.subject) is not expanded; write ${env:HOME}", at: node.position)
          return nil
        }
        return FilePath.absolute(text, in: FilePath.folder(of: reader.file))
      })
  }

  static func openNumber(_ key: String, _ path: @autoclosure @escaping Path<Int?>, _ about: String)
    -> Field
  {
    value(
      key, path(), about, .either([.integer(1...1_000_000), .text(.word)]), show: { _ in nil },
      parse: { node, reader in reader.openNumber(node) })
  }
}

extension Field<ServiceDraft> {
  static func config(
    _ key: String, _ path: @autoclosure @escaping Path<ServiceDraft>, _ about: String
  ) -> Field {
    value(
      key, about, .table(keys: TextRule.variable.pattern, .text(.word)),
      edit: { node, draft, reader in
        let values = reader.table(node, keys: .variable) { pair, reader in
          draft.configNames.append(pair.key)
          return reader.shownText(pair.value, .word).flatMap {
            $0.isEmpty ? nil : REST.ConfigValue(name: pair.key, value: $0)
          }
        }
        draft.service.config = values ?? []
      })
  }
}

extension REST.Authentication {
  static let fields: [Field<REST.Authentication>] = [
    .only("bearer", "A token, sent as Authorization: Bearer.", .text(.word)) { node, reader in
      reader.credential(node).map { .bearer($0) }
    },
    .only("basic", "A user and a password, sent as Authorization: Basic.", pair("user", "password"))
    { node, reader in
      var both = Credentials()
      reader.read(node, into: &both, by: Credentials.basic)
      guard let user = both.first, let password = both.second else { return nil }
      if user.exposed.utf8.contains(UInt8(ascii: ":")) {
        reader.report("the user in \(reader.subject) must not hold ':'", at: node.position)
      }
      return .basic(user: user, password: password)
    },
    .only("header", "A header of the API's own.", pair("name", "value")) { node, reader in
      var both = Credentials()
      reader.read(node, into: &both, by: Credentials.named)
      guard let name = both.first?.exposed, let value = both.second else { return nil }
      return reader.headerName(name, at: node.position).map { .header(name: $0, value) }
    },
    .only("query", "A query parameter.", pair("name", "value")) { node, reader in
      var both = Credentials()
      reader.read(node, into: &both, by: Credentials.named)
      guard let name = both.first?.exposed, let value = both.second else { return nil }
      return .query(name: name, value)
    },
  ]

  private static func pair(_ first: String, _ second: String) -> KeyDescription.Shape {
    .section(
      (first == "user" ? Credentials.basic : Credentials.named).compactMap {
        $0.describe(Credentials())
      })
  }
}

/// Two texts of which at least one is secret.
private struct Credentials: Sendable {
  var first: Secret?
  var second: Secret?

  static let basic: [Field<Credentials>] = [
    .secret("user", \.first, "The user."), .secret("password", \.second, "The password."),
  ]
  static let named: [Field<Credentials>] = [
    .secret("name", \.first, "Its name."), .secret("value", \.second, "Its value."),
  ]
}

extension Field<Credentials> {
  fileprivate static func secret(
    _ key: String, _ path: @autoclosure @escaping Path<Secret?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.word), isRequired: true, show: { _ in nil },
      parse: { node, reader in reader.hiddenText(node) })
  }
}

extension Field<REST.Authentication> {
  /// One way to be known; a second one is an error.
  fileprivate static func only(
    _ key: String, _ about: String, _ shape: KeyDescription.Shape,
    _ parse: @escaping @Sendable (Node, inout Reader) -> REST.Authentication?
  ) -> Field {
    value(
      key, about, shape,
      edit: { node, target, reader in
        if case .none = target {
        } else {
          reader.report("'rest.auth' has more than one way to be known", at: node.position)
        }
        if let value = parse(node, &reader) { target = value }
      })
  }
}
