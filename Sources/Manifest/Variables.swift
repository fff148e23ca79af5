import YAML

/// Where templates get their values: the environment and the folder of secrets.
struct Variables: Sendable {
  /// A reference without a value. Messages name the variable, never a value (row M08).
  struct Missing: Error, Hashable {
    var message: String
    var cause = Diagnostic.Cause.secret
  }

  private let environment: [String: String]
  /// Each secret is the file of its name in here.
  private let secrets: String
  /// Whether templates are only checked, as in a manifest that is not enabled.
  let isDry: Bool

  /// Bytes of a secret.
  static let secretLimit = 64 << 10

  init(environment: [String: String], secrets: String, isDry: Bool = false) {
    self.environment = environment
    self.secrets = secrets
    self.isDry = isDry
  }

  /// The same, giving empty values and asking for none.
  var dry: Variables { Variables(environment: [:], secrets: secrets, isDry: true) }

  /// The text with all its values.
  func expand(_ template: Template) throws(Missing) -> String {
    var text = ""
    for part in template.parts {
      switch part {
      case .literal(let literal): text += literal
      case .variable(let name, let fallback): text += try variable(name, fallback)
      case .secret(let name): text += try secret(name)
      }
    }
    return text
  }

  /// The secrets that are part of the text, those that are missing left out.
  func secrets(in template: Template) -> [Secret] {
    template.parts.compactMap { part in
      guard !isDry, case .secret(let name) = part else { return nil }
      return (try? secret(name)).map { Secret($0) }
    }
  }

  private func variable(_ name: String, _ fallback: String?) throws(Missing) -> String {
    if isDry { return "" }
    let value = environment[name]
    if let fallback, value?.isEmpty ?? true { return fallback }
    guard let value else {
      throw Missing(
        message: "needs the environment variable \(name), which is not set", cause: .variable)
    }
    return value
  }

  private func secret(_ name: String) throws(Missing) -> String {
    if isDry { return "" }
    let what = "needs the secret '\(name)'; the file secrets/\(name)"
    var bytes: [UInt8]
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.read(
        secrets + "/" + name, limit: Self.secretLimit, isPrivate: true)
    } catch {
      throw Missing(message: "\(what) \(error)")
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw Missing(message: "\(what) is empty") }
    guard !bytes.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
      throw Missing(message: "\(what) has more than one line")
    }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw Missing(message: "\(what) is not text in UTF-8")
    }
    return text
  }
}

extension Reader {
  /// The template in a scalar that obeys `rule`; reports what is not one.
  mutating func template(_ node: Node, _ rule: TextRule) -> Template? {
    guard let text = text(node, rule) else { return nil }
    do throws(Template.Malformed) {
      return try Template(text)
    } catch {
      report("\(subject) \(error.message)", at: node.position)
      return nil
    }
  }

  /// The value of `template`, checked by `rule` again; reports what is missing, not the value.
  mutating func expanded(_ template: Template, _ rule: TextRule, at node: Node) -> String? {
    do throws(Variables.Missing) {
      let text = try variables.expand(template)
      guard template.hasReferences, !variables.isDry, let problem = rule.problem(with: text) else {
        return text
      }
      report("\(subject), with its variables filled in, \(problem)", at: node.position)
    } catch {
      report("\(subject) \(error.message)", at: node.position, cause: error.cause)
    }
    return nil
  }

  /// Text with values, but without secrets, which would be visible to other users.
  mutating func openText(_ node: Node, _ rule: TextRule) -> String? {
    guard let template = template(node, rule), isOpen(template, at: node) else { return nil }
    return expanded(template, rule, at: node)
  }

  /// Reports a secret where everybody on the machine could read it (promise I11).
  mutating func isOpen(_ template: Template, at node: Node) -> Bool {
    for case .secret(let name) in template.parts {
      report(
        "\(subject) must not hold the secret '\(name)', which 'ps' would show; "
          + "hand it over in 'process.env'", at: node.position)
      return false
    }
    return true
  }
}
