import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Telemetry

/// Everything on offer, under the names that the client sees.
///
/// Built anew whenever an offer changes, from the manifests in their
/// order (priority, then name) and the items in the order of their names: two
/// gateways with the same configuration show the same list. A service that is
/// alone keeps its own order. Two services that
/// claim one name both lose it, and the error names both (reliability S03): a
/// call must never depend on who was faster.
///
/// A class that never changes, so that a look-up retains one thing and not four.
final class Catalogue {
  /// A class, so that a call retains one thing of it and not five.
  final class Entry: Sendable {
    /// The index of the service in the configuration's order.
    let service: Int
    let publicName: [UInt8]
    let ownName: [UInt8]
    /// The own name as JSON, where it differs from the public one; else empty.
    let quotedOwnName: [UInt8]
    /// As it stands in lists of the modern era.
    let json: [UInt8]
    /// As it stands in lists of the legacy era, if that differs.
    let legacyJSON: [UInt8]?
    /// Whether a tool can be called as a task, and whose task that is.
    let taskSupport: TaskSupport
    /// What the manifest declares of a tool.
    let policy: ToolPolicy
    /// By which arguments are checked; nil where they are not.
    let arguments: ArgumentSchema?
    /// The services of one group that have it; empty where it belongs to one service.
    let members: [Member]
    /// Whether a call is more than passed on: it may be sent again, or elsewhere.
    let isPlanned: Bool
    /// Whether a call that may have been executed may be sent again.
    let isRepeatable: Bool
    /// Whether a call makes kept results untrue.
    let clearsKept: Bool
    /// How long a result may be given again, and how much longer it may stand in, in nanoseconds.
    let keptFor: Int64
    let keptStaleFor: Int64
    /// The figures of the tool, once it was called.
    @EventLoop var statistics: ToolStatistics?
    /// The same of each member of a group that was called, by its number.
    @EventLoop var memberStatistics: [(service: Int, figures: ToolStatistics)] = []
    /// What the keys of its kept results begin with, once one was looked for.
    @EventLoop var keyHead: [UInt8] = []
    /// How the newest call that was answered from memory was written.
    @EventLoop var spelling: CacheSpelling?

    init(
      service: Int, publicName: [UInt8], ownName: [UInt8], json: [UInt8],
      legacyJSON: [UInt8]? = nil, taskSupport: TaskSupport = .forbidden,
      policy: ToolPolicy = ToolPolicy(), arguments: ArgumentSchema? = nil, members: [Member] = []
    ) {
      self.arguments = arguments
      self.policy = policy
      self.members = members
      isPlanned = members.count > 1 || policy.isPlanned
      isRepeatable = policy.isRepeatable
      clearsKept = !policy.clears.isEmpty
      keptFor = policy.cache?.inNanoseconds ?? 0
      keptStaleFor = policy.stale?.inNanoseconds ?? 0
      self.service = service
      self.publicName = publicName
      self.ownName = ownName
      self.json = json
      self.legacyJSON = legacyJSON
      self.taskSupport = taskSupport
      var quoted: [UInt8] = []
      if ownName != publicName { JSON.appendQuoted(ownName, to: &quoted) }
      quotedOwnName = quoted
    }
  }

  /// A name that two services claim, or one service for two of its own, or a URI.
  struct Collision: Hashable, Sendable {
    var kind: Offer.Kind
    var name: [UInt8]
    /// Each once; without the gateway itself.
    var services: [String]
    /// What a service calls its own that come to the name, where there are several of one.
    var ownNames: [[UInt8]] = []
    /// The gateway's own has the name.
    var isReserved = false

    /// What the log says to do.
    var advice: String {
      if isReserved { return "the name is the gateway's own; rename the tool" }
      if !ownNames.isEmpty { return "two of its own come to this name; rename one" }
      return "give one of them another tools.prefix or rename the tool"
    }
  }

  /// One kind of item, and how it is found by name.
  ///
  /// A class, so that a look-up retains one thing of it and not five.
  private final class List: Sendable {
    let entries: [Entry]
    let table: NameTable
    /// Names that nobody has because two claim them.
    let lost: NameTable

    init(_ entries: [Entry] = [], lost: [[UInt8]] = []) {
      self.entries = entries
      table = NameTable(entries.map(\.publicName))
      self.lost = NameTable(lost)
    }

    func entry(named name: UnsafeRawBufferPointer) -> Entry? {
      table.find(name).map { entries[$0] }
    }
  }

  let collisions: [Collision]
  /// In the order of `Offer.Kind.allCases`.
  private let lists: [List]

  /// For each service that shares URIs with another: what clients know them as.
  let uriNames: [Int: URINames]
  /// The names of the services, in lower case, for URIs that carry one.
  private let serviceNames: [ByteKey: Int]

  func entries(_ kind: Offer.Kind) -> [Entry] { lists[kind.rawValue].entries }

  /// - Parameters:
  ///   - offers: one for every service that is known, with its manifest.
  ///   - isAlone: there is only one service, whose order is kept.
  init(
    _ offers: [(index: Int, manifest: ServiceManifest, offer: Offer)] = [], isAlone: Bool = false
  ) {
    let contest = URIContest(
      offers.map { index, manifest, offer in
        URIContest.Claim(
          service: index, name: manifest.name, uris: (offer.items[.resources] ?? []).map(\.name),
          templates: (offer.items[.templates] ?? []).map(\.name))
      })
    uriNames = contest.names
    var serviceNames: [ByteKey: Int] = [:]
    for (index, manifest, _) in offers {
      serviceNames[ByteKey(manifest.name.utf8.map { URINamespace.lowercased($0) })] = index
    }
    self.serviceNames = serviceNames
    var collisions: [Collision] = []
    lists = Offer.Kind.allCases.map { kind in
      var claimed: [ByteKey: [Entry]] = [:]
      var order: [ByteKey] = []
      for (index, manifest, offer) in offers {
        let items = (offer.items[kind] ?? []).compactMap { item in
          PublicItem.entry(
            item, kind: kind, manifest: manifest, service: index, contest: contest,
            tasks: offer.taskKind)
        }
        for entry in isAlone ? items : items.sorted(by: Catalogue.isBefore) {
          let name = ByteKey(entry.publicName)
          if claimed[name] == nil { order.append(name) }
          claimed[name, default: []].append(entry)
        }
      }
      return Self.list(
        kind, order.map { claimed[$0] ?? [] },
        manifest: { index in
          offers.first { $0.index == index }?.manifest
        }, collisions: &collisions)
    }
    self.collisions = collisions
  }

  /// Some entries of another catalogue, or others in their places; URIs are resolved by that one.
  init(_ entries: ByKind<[Entry]>, collisions: [Collision]) {
    self.collisions = collisions
    (uriNames, serviceNames) = ([:], [:])
    lists = Offer.Kind.allCases.map { kind in
      List(entries[kind] ?? [], lost: collisions.filter { $0.kind == kind }.map(\.name))
    }
  }

  private static func list(
    _ kind: Offer.Kind, _ claims: [[Entry]], manifest: (Int) -> ServiceManifest?,
    collisions: inout [Collision]
  ) -> List {
    var unique: [Entry] = []
    var lost: [[UInt8]] = []
    for claim in claims {
      guard let first = claim.first else { continue }
      if let entry = undisputed(claim, manifest) {
        unique.append(entry)
        continue
      }
      let own = claim.first { $0.service == Surface.index }
      if let own { unique.append(own) } else { lost.append(first.publicName) }
      let services = claim.filter { $0.service != Surface.index }
      var names: [String] = []
      for entry in services {
        let name = manifest(entry.service)?.name ?? "?"
        if !names.contains(name) { names.append(name) }
      }
      collisions.append(
        Collision(
          kind: kind, name: first.publicName, services: names,
          ownNames: names.count == 1 && own == nil ? services.map(\.ownName) : [],
          isReserved: own != nil))
    }
    return List(unique, lost: lost)
  }

  /// What a name stands for, where nothing else claims it or all who do are one group; nil where
  /// it cannot be told which is meant.
  private static func undisputed(
    _ claim: [Entry], _ manifest: (Int) -> ServiceManifest?
  ) -> Entry? {
    guard let first = claim.first, claim.count > 1 else { return claim.first }
    // What a service lists twice is one; two of its own that come to one name are not.
    let isAmbiguous = claim.contains { one in
      claim.contains { $0.service == one.service && $0.ownName != one.ownName }
    }
    if isAmbiguous { return nil }
    if claim.allSatisfy({ $0.service == first.service }) { return first }
    return Entry(sharing: claim, groups: claim.map { manifest($0.service)?.group })
  }

  private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
    left.publicName.lexicographicallyPrecedes(right.publicName)
  }

  func entry(_ kind: Offer.Kind, named name: UnsafeRawBufferPointer) -> Entry? {
    lists[kind.rawValue].entry(named: name)
  }

  /// The entry whose name is the JSON string at `range`; no copy unless it has escapes.
  func entry(
    _ kind: Offer.Kind, namedAt range: ByteRange, in line: UnsafeRawBufferPointer
  ) -> Entry? {
    if JSON.isWithoutEscapes(range, in: line.bytes) {
      return entry(
        kind, named: UnsafeRawBufferPointer(rebasing: line[(range.start + 1)..<(range.end - 1)]))
    }
    guard let name = JSON.string(range, in: line.bytes) else { return nil }
    return name.withUnsafeBytes { entry(kind, named: $0) }
  }

  /// The services that claim a name that therefore nobody has.
  func collision(_ kind: Offer.Kind, named name: UnsafeRawBufferPointer) -> Collision? {
    guard lists[kind.rawValue].lost.find(name) != nil else { return nil }
    return collisions.first { $0.kind == kind && $0.name.elementsEqual(name) }
  }

  /// The service to which a URI of a client belongs, and what the service calls it: a listed one,
  /// one that carries the service's name, or one that a template could have made.
  func resolve(_ uri: [UInt8]) -> (service: Int, own: [UInt8])? {
    let target = owner(of: uri)
    // Those of the gateway itself are no service's.
    return target?.service == Surface.index ? nil : target
  }

  private func owner(of uri: [UInt8]) -> (service: Int, own: [UInt8])? {
    if let entry = uri.withUnsafeBytes({ entry(.resources, named: $0) }) {
      return (entry.service, entry.ownName)
    }
    if let (name, own) = URINamespace.split(uri) {
      return serviceNames[ByteKey(name)].map { ($0, own) }
    }
    return makers(of: uri).map { ($0, uri) }
  }

  /// The service whose template says most of the URI; `nil` if none matches, or two say as much.
  private func makers(of uri: [UInt8]) -> Int? {
    var best: (count: Int, services: Set<Int>) = (-1, [])
    for entry in entries(.templates) where entry.quotedOwnName.isEmpty {
      let template = URITemplate(entry.ownName)
      guard template.literalCount >= best.count, template.matches(uri) else { continue }
      if template.literalCount > best.count { best = (template.literalCount, []) }
      best.services.insert(entry.service)
    }
    return best.services.count == 1 ? best.services.first : nil
  }

  /// The template or resource that a completion request names.
  func resolveReference(_ uri: [UInt8]) -> (service: Int, own: [UInt8])? {
    if let entry = uri.withUnsafeBytes({ entry(.templates, named: $0) }),
      entry.service != Surface.index
    {
      return (entry.service, entry.ownName)
    }
    return resolve(uri)
  }
}
