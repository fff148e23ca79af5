import MCP
import Manifest
import RawJSON

extension Catalogue.Entry {
  /// A service of a group that has the tool.
  struct Member: Hashable, Sendable {
    var service: Int
    var ownName: [UInt8]
    /// The own name as JSON, where it differs from the public one; else empty.
    let quoted: [UInt8]

    init(service: Int, ownName: [UInt8], publicName: [UInt8]) {
      self.service = service
      self.ownName = ownName
      var quoted: [UInt8] = []
      if ownName != publicName { JSON.appendQuoted(ownName, to: &quoted) }
      self.quoted = quoted
    }
  }

  /// One entry for a name that several services claim: they are in one group, and what they take
  /// and give is the same. Nil where that is not so.
  ///
  /// The first claim is shown; only what all of them declare holds for the tool.
  convenience init?(sharing claims: [Catalogue.Entry], groups: [String?]) {
    guard let first = claims.first, let group = groups.first ?? nil,
      groups.allSatisfy({ $0.map { $0.utf8.elementsEqual(group.utf8) } ?? false }),
      claims.allSatisfy({ $0.takesAndGivesTheSame(as: first) })
    else { return nil }
    var members: [Member] = []
    for claim in claims where !members.contains(where: { $0.service == claim.service }) {
      members.append(
        Member(
          service: claim.service, ownName: claim.ownName, publicName: first.publicName))
    }
    self.init(
      service: first.service, publicName: first.publicName, ownName: first.ownName,
      json: first.json, legacyJSON: first.legacyJSON,
      taskSupport: claims.allSatisfy { $0.taskSupport == first.taskSupport }
        ? first.taskSupport : .forbidden,
      policy: claims.dropFirst().reduce(first.policy) { $0.and($1.policy) },
      arguments: claims.lazy.compactMap(\.arguments).first, members: members)
  }

  private func takesAndGivesTheSame(as other: Catalogue.Entry) -> Bool {
    schema("inputSchema") == other.schema("inputSchema")
      && schema("outputSchema") == other.schema("outputSchema")
      && schema("arguments") == other.schema("arguments")
  }

  /// A member of the definition in a form in which only its meaning counts.
  private func schema(_ name: StaticString) -> [UInt8] {
    let json = json
    let bytes = json.span.bytes
    let range = JSON.member(name, of: ByteRange(start: 0, end: json.count), in: bytes)
    var output: [UInt8] = []
    if !range.isAbsent { JSON.appendCanonical(range, in: bytes, to: &output) }
    return output
  }

  /// What a service must be told in place of the public name, as JSON; nil if the name stays.
  func newName(for service: Int) -> [UInt8]? {
    if members.isEmpty { return quotedOwnName.isEmpty ? nil : quotedOwnName }
    for index in members.indices where members[index].service == service {
      return members[index].quoted.isEmpty ? nil : members[index].quoted
    }
    return nil
  }

  /// The service's own name of it.
  func ownName(for service: Int) -> [UInt8] {
    members.first { $0.service == service }?.ownName ?? ownName
  }

  /// The services that have it.
  var services: [Int] { members.isEmpty ? [service] : members.map(\.service) }
}
