import Glibc
import Resilience
import TestSupport

/// Decides what is done next to whom. It spares a service that it has ended three times, gives it
/// a new manifest, and goes on: one that ends more often is *flapping* and tried once a minute,
/// which is right and would take the run a minute.
struct Killer {
  private var random: SplitMix
  private let fleet: Fleet
  private var ended: [String: Int] = [:]
  private var sparedUntil: [String: Instant] = [:]
  private(set) var deeds: [Deed] = []

  /// What is to be done now, and what it undoes later.
  struct Plan {
    var kind: Deed.Kind
    var member: Fleet.Member
    var lasts: Duration
  }

  init(seed: UInt64, fleet: Fleet) {
    random = SplitMix(seed: seed)
    self.fleet = fleet
  }

  static let weights: [(Deed.Kind, weight: Int)] = [
    (.kill, 20), (.terminate, 8), (.freeze, 20), (.orphan, 3), (.restart, 6), (.rewrite, 6),
    (.touch, 4), (.spoil, 5), (.disable, 5), (.poison, 6), (.cancels, 10), (.deafness, 7),
    (.reset, 10), (.refuse, 8),
  ]

  /// The time until the next deed.
  mutating func pause() -> Duration { .milliseconds(Int.random(in: 20...80, using: &random)) }

  mutating func next(at now: Instant) -> Plan? {
    let victims = fleet.members.filter { !$0.isAlone && sparedUntil[$0.name] ?? now <= now }
    guard let kind = random.pick(Self.weights) else { return nil }
    let able = victims.filter { Self.canDo(kind, to: $0) }
    guard let member = able.randomElement(using: &random) else { return nil }
    // Members of a group with a short deadline stand still for longer than that.
    let frozen = member.patience < 60 ? 2_100...2_600 : 100...1_000
    let long = kind == .freeze ? frozen : 30...400
    let lasts = Duration.milliseconds(Int.random(in: long, using: &random))
    guard endsProcess(kind) else { return Plan(kind: kind, member: member, lasts: lasts) }
    // Nobody knows which member of its group a poisoned call goes to.
    let hit = kind == .poison ? fleet.members(of: member.group) : [member]
    guard hit.allSatisfy({ ended[$0.name, default: 0] < 3 }) else {
      sparedUntil[member.name] = now + .seconds(3)
      ended[member.name] = 0
      return Plan(kind: .restart, member: member, lasts: lasts)
    }
    for victim in hit { ended[victim.name, default: 0] += 1 }
    return Plan(kind: kind, member: member, lasts: lasts)
  }

  /// Connections have those that are reached over HTTP; an API that refuses has answered.
  private static func canDo(_ kind: Deed.Kind, to member: Fleet.Member) -> Bool {
    switch kind {
    case .reset: member.kind != .process
    case .refuse: member.kind == .http || member.kind == .sse
    case .orphan: member.kind == .process
    default: true
    }
  }

  private func endsProcess(_ kind: Deed.Kind) -> Bool {
    switch kind {
    case .kill, .terminate, .poison, .orphan: true
    default: false
    }
  }

  mutating func did(_ deed: Deed) { deeds.append(deed) }

  /// As many of these, at random.
  mutating func choose(_ count: Int, of numbers: Set<Int>) -> ArraySlice<Int> {
    numbers.sorted().shuffled(using: &random).prefix(count)
  }
}
