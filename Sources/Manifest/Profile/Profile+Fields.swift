import RawJSON
import YAML

// The keys of a profile.

extension Profile {
  static let fields: [Field<Profile>] = [
    .value(
      "client", \.clients,
      "Clients that have it, by what they call themselves; * stands for anything, case for "
        + "nothing.",
      .list(.text(.foreignName)), show: { _ in nil },
      parse: { node, reader in
        reader.list(node) { node, reader in
          reader.text(node, .foreignName).map { name in
            let lower = KnownClient.lowercased(Array(name.utf8))
            return NamePattern(String(decoding: lower, as: UTF8.self))
          }
        }
      }),
    .distinctNames(
      "services", \.services, of: "service",
      "Only these services; gateway is the gateway's own tools and resources."),
    .section("tools", \.tools, "Which tools are shown, and as what.", { ProfileTools.fields }),
    .value(
      "budget", \.budget,
      "Tools that are listed at most; auto is what the client is known to take.",
      .either([.choice(["auto", "none"]), .integer(budgets)]),
      show: { $0.text }, parse: { node, reader in reader.budget(node) }),
  ]

  static let budgets = leastBudget...20_000
}

extension ProfileTools {
  static let fields: [Field<ProfileTools>] = [
    .patterns("include", \.include, "Only tools with these names; * stands for anything."),
    .patterns("exclude", \.exclude, "No tools with these names; * stands for anything."),
    .names("rename", \.rename, .tool, "From the name of a tool to the one to show."),
    .names("describe", \.describe, .prose, "From the name of a tool to the description to show."),
    .value(
      "pin", \.pin,
      "From the name of a tool to arguments that are given for the client; * stands for anything.",
      .table(keys: nil, .table(keys: nil, .json)), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          reader.table(pair.value, keys: .foreignName) { argument, _ in
            PinnedArgument(name: argument.key, value: argument.value.json.serialized())
          }.map { PatternValue(pair.key, $0) }
        }
      }),
  ]
}

extension Field<GatewayConfiguration> {
  /// A mapping from names to profiles.
  static func profiles(
    _ key: String, _ path: @autoclosure @escaping Path<[Profile]>, _ about: String
  ) -> Field {
    let shape = KeyDescription.Shape.sectionTable(
      keys: TextRule.service.pattern, Profile.fields.compactMap { $0.describe(Profile(name: "")) })
    return value(
      key, path(), about, shape,
      show: { $0.isEmpty ? nil : $0.map(\.text).joined(separator: ", ") },
      parse: { node, reader in
        reader.table(node, keys: .service) { pair, reader in
          var profile = Profile(name: pair.key)
          reader.read(pair.value, into: &profile, by: Profile.fields)
          reader.checkNames(of: profile, at: pair.value)
          return profile
        }
      })
  }
}

extension Reader {
  fileprivate mutating func budget(_ node: Node) -> Profile.Budget? {
    let range = Profile.budgets
    return parsed(
      node,
      expected: "auto, none or a whole number from \(range.lowerBound) to \(range.upperBound)"
    ) { scalar in
      switch scalar.text {
      case "auto": return .ofClient
      case "none": return Profile.Budget.none
      default:
        guard scalar.style == .plain, scalar.text.utf8.allSatisfy(TextRule.isDigit),
          let count = Int(scalar.text), range.contains(count)
        else { return nil }
        return .tools(count)
      }
    }
  }

  /// Names that a profile gives are given once, and are nobody else's.
  fileprivate mutating func checkNames(of profile: Profile, at node: Node) {
    var given: [String: String] = [:]
    for rename in profile.tools.rename {
      let place = node["tools"]?["rename"]?[rename.name]?.position ?? node.position
      if let first = given.updateValue(rename.name, forKey: rename.text) {
        report(
          "\(subject) gives both \(quoted(first)) and \(quoted(rename.name)) the name "
            + quoted(rename.text), at: place)
      }
      for reserved in ["gateway_", "tools_"] where rename.text.hasPrefix(reserved) {
        report(
          "\(subject) gives \(quoted(rename.name)) a name that begins with '\(reserved)', which "
            + "is reserved", at: place)
      }
    }
  }
}

extension Profile.Budget {
  /// As it is written.
  package var text: String {
    switch self {
    case .none: "none"
    case .ofClient: "auto"
    case .tools(let count): String(count)
    }
  }
}

extension Profile {
  /// Everything that it says, in a line: what differs is another profile.
  var text: String {
    var parts = [("client", clients.map(\.text)), ("services", services)].filter { !$0.1.isEmpty }
      .map { "\($0.0): [\($0.1.joined(separator: ", "))]" }
    if !tools.text.isEmpty { parts.append("tools: {\(tools.text)}") }
    if budget != .ofClient { parts.append("budget: \(budget.text)") }
    return "\(name): {\(parts.joined(separator: ", "))}"
  }
}

extension ProfileTools {
  fileprivate var text: String {
    var parts = [("include", include), ("exclude", exclude)].filter { !$0.1.isEmpty }
      .map { "\($0.0): [\($0.1.map(\.text).joined(separator: ", "))]" }
    for (key, texts) in [("rename", rename), ("describe", describe)] where !texts.isEmpty {
      let lines = texts.map { "\($0.name): \($0.text)" }
      parts.append("\(key): {\(lines.joined(separator: ", "))}")
    }
    if !pin.isEmpty {
      let lines = pin.map { pin in
        let values = pin.value.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
        return "\(pin.pattern.text): {\(values.joined(separator: ", "))}"
      }
      parts.append("pin: {\(lines.joined(separator: ", "))}")
    }
    return parts.joined(separator: ", ")
  }
}
