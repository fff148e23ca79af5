import Resilience

/// What a run of chaos found, and a line of figures for people.
package struct ChaosReport: Sendable {
  package var seed: UInt64
  package var calls: [CallRecord] = []
  package var deeds: [Deed] = []
  package var figures = GatewayFigures()
  package var executions = 0
  package var disagreements: [String] = []
  package var time = Duration.zero
  package var loadTime = Duration.zero
  package var recoveryTime = Duration.zero
  /// The log of the gateway and the ledgers, where something did not agree or took long.
  package var log: [UInt8] = []

  /// How ended what, and in which time.
  package var line: String {
    let ends = Ends(calls)
    let safe = calls.filter { $0.tool.isDeclaredSafe && $0.cancelled == nil }
    let failed = safe.count { call in
      if case .error = call.answers.first?.kind { true } else { false }
    }
    let seconds = Double(time.inMilliseconds) / 1000
    return """
      seed \(seed): \(calls.count) calls, \(deeds.count) deeds, \(executions) executions in \
      \(seconds) s (load \(loadTime.inMilliseconds) ms, recovery \(recoveryTime.inMilliseconds) ms)
        results \(ends.results + ends.toolErrors), lost \(ends.lost.all), late \(ends.late.all), \
      not sent \(ends.notSent), cancelled \(ends.unanswered), other errors \(ends.others)
        tried again \(figures.repeated.values.reduce(0, +)); of \(safe.count) calls that are \
      declared safe \(failed) failed; slowest answer \(slowest.inMilliseconds) ms
        \(disagreements.isEmpty ? "all ledgers agree" : "\(disagreements.count) disagreements")
      """ + slowCalls.prefix(5).map { "\n  slow: \($0)" }.joined()
  }

  /// Calls that took longer than anything that the killer does: it may be right, and somebody
  /// should look at it.
  package var slowCalls: [String] {
    calls.compactMap { call in
      guard let answer = call.answers.first, answer.at - call.sent > .seconds(8) else { return nil }
      return "\(call.uuid), \(call.tool.rawValue) of \(call.group), "
        + "\((answer.at - call.sent).inMilliseconds) ms, \(answer.kind)"
    }
  }

  /// What the killer and the client wrote down, in milliseconds of the run, for people.
  func ledgers(since start: Instant) -> [UInt8] {
    func time(_ instant: Instant) -> String { "\((instant - start).inMilliseconds) ms" }
    let deeds = deeds.map { deed in
      "killer \(time(deed.at)) to \(time(deed.until)): \(deed.kind) \(deed.services)\n"
    }
    let calls = calls.map { call in
      let cancelled = call.cancelled.map { ", cancelled \(time($0))" } ?? ""
      let answers = call.answers.map { ", \(time($0.at)) \($0.kind)" }.joined()
      return "client \(time(call.sent)): \(call.uuid) \(call.tool) of \(call.group)"
        + "\(cancelled)\(answers)\n"
    }
    return Array((deeds + calls).joined().utf8)
  }

  private var slowest: Duration {
    calls.compactMap { call in call.answers.first.map { $0.at - call.sent } }.max() ?? .zero
  }
}
