/// Promises about time, on machines that do other things as well.
///
/// A promise such as "within two seconds" is one about a machine that has time for
/// it. Tests run beside each other and beside whatever else the machine does, so
/// one late attempt says nothing; code that breaks the promise breaks it each time.
package enum Promptness {
  /// The first duration below `limit`, or the shortest of all attempts.
  package static func best(
    under limit: Duration, attempts: Int = 5, _ attempt: () throws -> Duration
  ) rethrows -> Duration {
    var best = try attempt()
    for _ in 1..<attempts where best >= limit { best = min(best, try attempt()) }
    return best
  }

  /// How long `body` takes, or the shortest of several times if that is not below `limit`.
  package static func time(
    under limit: Duration, attempts: Int = 5, _ body: () throws -> Void
  ) rethrows -> Duration {
    try best(under: limit, attempts: attempts) { try ContinuousClock().measure(body) }
  }
}
