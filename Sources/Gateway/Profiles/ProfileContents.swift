import MCP
import Manifest
import RawJSON

/// What a profile makes of a catalogue. A value without a clock or a client.
struct ProfileContents {
  /// What has to be done with a call of a tool before the whole catalogue knows it.
  enum Handling: Hashable, Sendable {
    case form(ShownTool.Form)
    case index(IndexTool)
  }

  /// Everything that the client can name.
  let callable: Catalogue
  /// What it is given in lists: the same, or what the budget leaves of it.
  let shown: Catalogue
  /// By the identity of the entry; those that are not in it pass as they are.
  private let handlings: [ObjectIdentifier: Handling]

  /// - Parameters:
  ///   - budget: tools that are listed at most; nil without a bound.
  ///   - catalogue: what everybody sees.
  ///   - name: of the service with a number; nil if it is not served any more.
  init(
    _ profile: Profile, budget: Int?, of catalogue: Catalogue, name: (Int) -> String?
  ) {
    func isSelected(_ entry: Catalogue.Entry) -> Bool {
      profile.services.isEmpty
        || entry.services.contains { name($0).map(profile.selects) ?? false }
    }
    var lists = ByKind<[Catalogue.Entry]>()
    for kind in Offer.Kind.allCases where kind != .tools {
      lists[kind] = catalogue.entries(kind).filter(isSelected)
    }
    var tools = catalogue.entries(.tools).filter {
      isSelected($0) && profile.tools.admits($0.publicName)
    }.map { ShownTool($0, by: profile.tools) }
    var collisions = Self.collisions(of: tools.map(\.entry), name: name)
    let count = tools.count - collisions.reduce(0) { $0 + $1.services.count }
    let budget = budget.flatMap { count > $0 ? $0 : nil }
    // Without its tools for the rest a client could not reach it: they keep their names.
    if budget != nil { collisions += Self.collisionsWithIndex(of: tools, name: name) }
    let lost = Set(collisions.map(\.name))
    tools.removeAll { lost.contains($0.entry.publicName) }
    var handlings: [ObjectIdentifier: Handling] = [:]
    for tool in tools {
      if let form = tool.form { handlings[ObjectIdentifier(tool.entry)] = .form(form) }
    }
    let all = tools.map(\.entry)
    guard let budget else {
      lists[.tools] = all
      callable = Catalogue(lists, collisions: collisions)
      shown = callable
      self.handlings = handlings
      return
    }
    let direct = Self.direct(all, count: budget - IndexTool.allCases.count)
    let rest = all.filter { !direct.contains(ObjectIdentifier($0)) }
    let index = Self.indexTools(for: rest, among: all, name: name)
    for (tool, entry) in index { handlings[ObjectIdentifier(entry)] = .index(tool) }
    let own = index.map(\.entry)
    lists[.tools] = own + all
    callable = Catalogue(lists, collisions: collisions)
    lists[.tools] = own + all.filter { direct.contains(ObjectIdentifier($0)) }
    shown = Catalogue(lists, collisions: collisions)
    self.handlings = handlings
  }

  /// Tools of services that have the name of one of those that stand for the rest.
  private static func collisionsWithIndex(
    of tools: [ShownTool], name: (Int) -> String?
  ) -> [Catalogue.Collision] {
    IndexTool.allCases.compactMap { tool in
      let own = Array(tool.rawValue.utf8)
      guard let entry = tools.first(where: { $0.entry.publicName == own })?.entry else {
        return nil
      }
      let owner = name(entry.service) ?? "?"
      return Catalogue.Collision(
        kind: .tools, name: own, services: [owner, Profile.gatewayService])
    }
  }

  /// The tools that stand for `rest`.
  private static func indexTools(
    for rest: [Catalogue.Entry], among all: [Catalogue.Entry], name: (Int) -> String?
  ) -> [(tool: IndexTool, entry: Catalogue.Entry)] {
    let index = ToolIndex(rest, name: name)
    let hasTasks = all.contains { $0.taskSupport != .forbidden }
    return IndexTool.allCases.map { tool in
      let json = tool.definition(index)
      // Legacy clients ask for a task where a tool says that it can be one.
      let legacy =
        tool == .call && hasTasks ? PublicItem.legacy(json, support: .optional) : nil
      let entry = Catalogue.Entry(
        service: Surface.index, publicName: Array(tool.rawValue.utf8), ownName: [], json: json,
        legacyJSON: legacy)
      return (tool, entry)
    }
  }

  func handling(of entry: Catalogue.Entry) -> Handling? { handlings[ObjectIdentifier(entry)] }

  /// The tools of services, without those that stand for others.
  var tools: [Catalogue.Entry] {
    callable.entries(.tools).filter { entry in
      if case .index = handling(of: entry) { false } else { true }
    }
  }

  /// Names that two tools have once they are renamed: both lose it.
  private static func collisions(
    of tools: [Catalogue.Entry], name: (Int) -> String?
  ) -> [Catalogue.Collision] {
    Dictionary(grouping: tools, by: \.publicName).filter { $0.value.count > 1 }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { shown, entries in
        Catalogue.Collision(
          kind: .tools, name: shown, services: entries.map { name($0.service) ?? "?" })
      }
  }

  /// The tools that stay: those that go first where calls wait, then in the order of the list.
  private static func direct(
    _ tools: [Catalogue.Entry], count: Int
  ) -> Set<ObjectIdentifier> {
    let ranks: [REST.Priority] = [.high, .medium, .low]
    let inOrder = ranks.flatMap { rank in tools.filter { $0.policy.priority == rank } }
    return Set(inOrder.prefix(max(count, 0)).map { ObjectIdentifier($0) })
  }
}

extension ToolIndex {
  init(_ tools: [Catalogue.Entry], name: (Int) -> String?) {
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for tool in tools {
      let service = name(tool.service) ?? "?"
      let shown = String(decoding: tool.publicName, as: UTF8.self)
      if let index = places[service] {
        groups[index].tools.append(shown)
      } else {
        places[service] = groups.count
        groups.append(Group(service: service, tools: [shown]))
      }
    }
    self.groups = groups
  }
}
