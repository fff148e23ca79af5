import YAML

/// Where the profiles stand, for what can be told of them only when everything else is known.
package struct ProfilePlaces: Sendable {
  var file: String
  var node: Node

  /// Where a profile names something below one of these keys; else where the profile begins.
  fileprivate func position(of profile: String, _ name: String, below keys: [[String]]) -> Position?
  {
    let named = keys.lazy.compactMap { path -> Position? in
      let place = path.reduce(node[profile]) { $0?[$1] }
      return place?.items?.first { $0.scalar?.text == name }?.position
        ?? place?.pairs?.first { $0.key == name }?.keyPosition
    }
    return named.first ?? node[profile]?.position
  }
}

extension Configuration {
  /// Warns of services that profiles name and that there are not.
  mutating func warnOfUnknownServices() {
    guard let places = profilePlaces else { return }
    let known = services.map(\.name)
    for profile in gateway.profiles {
      for name in profile.services where name != Profile.gatewayService && !known.contains(name) {
        let hint = NearestKey.to(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        diagnostics.append(
          Diagnostic(
            "the profile '\(profile.name)' names the service '\(name)', which there is not\(hint)",
            in: places.file,
            at: places.position(of: profile.name, name, below: [["services"]]),
            severity: .warning))
      }
    }
  }

  /// Warnings of tools that profiles name and that no service offers.
  ///
  /// - Parameters:
  ///   - known: the names of all tools that clients see without a profile, as far as is known.
  ///   - unasked: prefixes of services of which it is not known what they offer: names with one of
  ///     these are not judged.
  package func unknownTools(known: [String], unasked: [String]) -> [Diagnostic] {
    guard let places = profilePlaces else { return [] }
    let names = Set(known)
    return gateway.profiles.flatMap { profile in
      profile.tools.names.filter { name in
        !names.contains(name) && !unasked.contains { name.hasPrefix($0) }
      }.map { name in
        let hint = NearestKey.to(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        return Diagnostic(
          "the profile '\(profile.name)' names the tool \(quoted(name)), which no service "
            + "offers\(hint)",
          in: places.file,
          at: places.position(
            of: profile.name, name,
            below: ["include", "exclude", "rename", "describe", "pin"].map { ["tools", $0] }),
          severity: .warning)
      }
    }
  }

  /// The profile of that name; throws the sentence that says why there is none.
  package func profile(named name: String) throws(UnknownProfile) -> Profile {
    if let profile = gateway.profiles.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      return profile
    }
    throw UnknownProfile(name: name, known: gateway.profiles.map(\.name))
  }
}

/// `--profile` names one that there is not.
package struct UnknownProfile: Error, CustomStringConvertible {
  var name: String
  var known: [String]

  package var description: String {
    let hint =
      NearestKey.to(name, among: known).map { "; did you mean '\($0)'?" }
      ?? (known.isEmpty ? "" : "; there are \(known.joined(separator: ", "))")
    return "gateway.yaml has no profile \(quoted(name, limit: 64))\(hint)"
  }
}
