/// What is known of a service when it is judged.
package struct ServiceFigures: Sendable {
  package var name: String
  /// Finished attempts, and those of them that are a sign of ill health.
  package var calls = 0
  package var failures = 0
  package var median: Duration?
  package var p95: Duration?
  /// The tool with the longest p95, of those with enough calls.
  package var slowestTool: (name: String, p95: Duration, calls: Int)?
  package var uptimePercent: Double?
  package var restarts = 0
  /// For how long the gateway has run.
  package var observed = Duration.zero
  package var priority = 50

  package init(name: String) { self.name = name }
}

/// A note for a service, and advice that names its evidence.
package struct Score: Hashable, Sendable {
  /// What is advised: a closed set.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case slow, flaky, restarts, unused, priority
  }

  package struct Advice: Hashable, Sendable {
    package var kind: Kind
    /// One sentence with the figures that it rests on.
    package var text: String
  }

  /// 0 to 100; nil where too little is known.
  package var value: Int?
  package var advice: [Advice] = []

  /// Calls below which nothing is said about a service.
  static let leastCalls = 5
  /// Calls that two services of a group must have before they are compared.
  static let leastToCompare = 20
  /// Unused for this long, a service is named.
  static let unusedAfter = Duration.seconds(3_600)
  /// A tool with a p95 above this is named.
  static let slowP95 = Duration.seconds(5)

  /// - Parameter mates: the other services of its group.
  package init(_ figures: ServiceFigures, mates: [ServiceFigures] = []) {
    value = Self.value(figures)
    adviseOnFailures(figures)
    adviseOnSpeed(figures)
    if figures.calls == 0, figures.observed >= Self.unusedAfter {
      add(
        .unused,
        "No call in \(Self.hours(figures.observed)): switch '\(figures.name)' off to keep lists short."
      )
    }
    adviseOnPriority(figures, mates)
  }

  /// Half of it is answers, three tenths being there, two tenths speed.
  private static func value(_ figures: ServiceFigures) -> Int? {
    guard figures.calls >= leastCalls else { return nil }
    let failed = Double(figures.failures) / Double(figures.calls)
    let up = (figures.uptimePercent ?? 100) / 100
    let slow = figures.p95.map { min(1, $0 / slowP95) } ?? 0
    return Int((50 * (1 - min(1, failed * 2)) + 30 * max(0, up) + 20 * (1 - slow)).rounded())
  }

  private mutating func adviseOnFailures(_ figures: ServiceFigures) {
    if figures.calls >= Self.leastCalls, figures.failures * 20 >= figures.calls {
      let share = figures.failures * 100 / figures.calls
      add(
        .flaky,
        "\(figures.failures) of \(figures.calls) calls failed (\(share) %): read its log; "
          + "a second service in its group would take over.")
    }
    if figures.restarts >= 3 {
      add(
        .restarts,
        "It was started again \(figures.restarts) times in \(Self.hours(figures.observed)): "
          + "its stderr in the log says why it ended.")
    }
  }

  private mutating func adviseOnSpeed(_ figures: ServiceFigures) {
    guard let tool = figures.slowestTool, tool.calls >= Self.leastCalls, tool.p95 > Self.slowP95
    else { return }
    add(
      .slow,
      "95 % of \(tool.calls) calls of '\(tool.name)' took up to \(Self.seconds(tool.p95)): "
        + "ask it for less at a time, or cache it if it only reads.")
  }

  /// A mate with a lower priority that is twice as fast and fails no more should come first.
  private mutating func adviseOnPriority(_ figures: ServiceFigures, _ mates: [ServiceFigures]) {
    guard figures.calls >= Self.leastToCompare, let median = figures.median else { return }
    let better = mates.first { mate in
      guard mate.calls >= Self.leastToCompare, mate.priority <= figures.priority,
        let theirs = mate.median
      else { return false }
      return theirs * 2 < median
        && mate.failures * figures.calls <= figures.failures * mate.calls
    }
    guard let better, let theirs = better.median else { return }
    add(
      .priority,
      "'\(better.name)' answers in \(Self.seconds(theirs)) (median of \(better.calls)), this one "
        + "in \(Self.seconds(median)) (of \(figures.calls)): give '\(better.name)' a priority "
        + "above \(figures.priority).")
  }

  private mutating func add(_ kind: Kind, _ text: String) {
    advice.append(Advice(kind: kind, text: text))
  }

  /// `1.25 s`, or `12 ms` below a second.
  static func seconds(_ time: Duration) -> String {
    let milliseconds =
      time.components.seconds * 1_000
      + time.components.attoseconds / 1_000_000_000_000_000
    guard milliseconds >= 1_000 else { return "\(milliseconds) ms" }
    let hundredths = milliseconds % 1_000 / 10
    return "\(milliseconds / 1_000).\(hundredths < 10 ? "0" : "")\(hundredths) s"
  }

  static func hours(_ time: Duration) -> String {
    let minutes = time.components.seconds / 60
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h"
  }
}
