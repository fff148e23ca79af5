import Manifest

/// The URIs of one service that are not its alone, and what clients know them as.
///
/// Exists only for services that have such URIs; the results of the others are
/// relayed unread. Immutable.
final class URINames: Sendable {
  let service: String
  /// Everything the service lists.
  private let listed: Set<[UInt8]>
  private let contested: Set<[UInt8]>
  private let contestedTemplates: [URITemplate]

  fileprivate init(
    service: String, listed: Set<[UInt8]>, contested: Set<[UInt8]>, templates: [URITemplate]
  ) {
    self.service = service
    self.listed = listed
    self.contested = contested
    contestedTemplates = templates
  }

  /// The URI of a resource, listed or made from a template, as clients know it.
  func publicURI(_ own: [UInt8]) -> [UInt8] {
    isContested(own) ? URINamespace.adding(service, to: own) : own
  }

  func isContested(_ own: [UInt8]) -> Bool {
    if contested.contains(own) { return true }
    if listed.contains(own) { return false }
    return contestedTemplates.contains { $0.matches(own) }
      || !contestedTemplates.isEmpty && URINamespace.split(own) != nil
  }
}

/// Finds the URIs that more than one service uses.
///
/// A listed URI is contested if two services list it, or if it looks like one that
/// carries our mark. A template is contested if another service has one with the
/// same literal parts, or lists a URI that the template could make.
struct URIContest {
  /// What one service offers.
  struct Claim {
    var service: Int
    var name: String
    var uris: [[UInt8]]
    var templates: [[UInt8]]
  }

  /// Comparisons of templates with URIs; beyond it every template counts as contested, because
  /// lists that long must not hold up the gateway.
  static let budget = 1_000_000

  private var contested: [Int: Set<[UInt8]>] = [:]
  private(set) var names: [Int: URINames] = [:]

  init(_ claims: [Claim]) {
    var owners: [[UInt8]: Set<Int>] = [:]
    var shapes: [[[UInt8]]: Set<Int>] = [:]
    for claim in claims {
      for uri in claim.uris { owners[uri, default: []].insert(claim.service) }
      for text in claim.templates {
        shapes[URITemplate(text).literals, default: []].insert(claim.service)
      }
    }
    let uriCount = claims.reduce(0) { $0 + $1.uris.count }
    let templateCount = claims.reduce(0) { $0 + $1.templates.count }
    let isSmall = uriCount.multipliedReportingOverflow(by: templateCount)
    let fits = !isSmall.overflow && isSmall.partialValue <= Self.budget
    for claim in claims {
      let uris = claim.uris.filter {
        owners[$0, default: []].count > 1 || URINamespace.split($0) != nil
      }
      let templates = claim.templates.filter { text in
        let template = URITemplate(text)
        if shapes[template.literals, default: []].count > 1 { return true }
        if URINamespace.split(text) != nil { return true }
        guard fits else { return claims.count > 1 }
        return claims.contains { other in
          other.service != claim.service && other.uris.contains { template.matches($0) }
        }
      }
      file(claim, uris: uris, templates: templates)
    }
  }

  private mutating func file(_ claim: Claim, uris: [[UInt8]], templates: [[UInt8]]) {
    guard !uris.isEmpty || !templates.isEmpty else { return }
    contested[claim.service] = Set(uris).union(templates)
    names[claim.service] = URINames(
      service: claim.name, listed: Set(claim.uris), contested: Set(uris),
      templates: templates.map { URITemplate($0) })
  }

  /// A listed URI or template of a service as clients see it.
  func publicName(_ own: [UInt8], of service: Int, named name: String) -> [UInt8] {
    contested[service]?.contains(own) == true ? URINamespace.adding(name, to: own) : own
  }
}
