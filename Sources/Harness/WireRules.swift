import RawJSON

/// A rule of the wire that a server broke.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
  package enum Rule: String, Sendable, CaseIterable {
    /// Only complete, valid, single-line JSON-RPC messages on stdout.
    case onlyMCP = "only-mcp"
    /// Exactly one answer for each request, at most one where it was cancelled.
    case answeredOnce = "answered-once"
    /// No answer to an id that was never asked.
    case nothingUnasked = "nothing-unasked"
    /// Progress names an open request, grows, and ends with the answer.
    case progress = "progress"
    /// No process is left.
    case noLeftovers = "no-leftovers"
  }

  package var rule: Rule
  package var detail: String

  package init(_ rule: Rule, _ detail: String) {
    self.rule = rule
    self.detail = detail
  }

  package var description: String { "\(rule.rawValue): \(detail)" }
}

/// What every conversation must keep, judged when it is over.
package enum WireRules {
  /// - Parameter unfinished: what came on stdout after the last newline.
  package static func violations(in transcript: Transcript, unfinished: [UInt8]) -> [Violation] {
    var found: [Violation] = []
    for (place, message) in transcript.messages.enumerated() {
      if case .invalid(let reason) = message.kind {
        let text = WirePrinter.visible(message.bytes, limit: 200)
        found.append(Violation(.onlyMCP, "line \(place + 1) of stdout, \(reason): \(text)"))
      }
    }
    if !unfinished.isEmpty {
      let text = WirePrinter.visible(unfinished, limit: 200)
      found.append(Violation(.onlyMCP, "stdout ended inside a line: \(text)"))
    }
    return found + answers(in: transcript) + progress(in: transcript)
  }

  private static func answers(in transcript: Transcript) -> [Violation] {
    var found: [Violation] = []
    for (id, request) in transcript.asked.sorted(by: { $0.key < $1.key }) {
      let count = transcript.answersByID[id]?.count ?? 0
      // The second use of an id in flight is refused without that id.
      if count == 0, !request.isCancelled {
        found.append(Violation(.answeredOnce, "\(id) (\(request.method)) was never answered"))
      } else if count > request.times {
        found.append(
          Violation(.answeredOnce, "\(id) (\(request.method)) was answered \(count) times"))
      }
    }
    for id in transcript.answersByID.keys.sorted() where transcript.asked[id] == nil {
      found.append(Violation(.nothingUnasked, "an answer to \(id), which was never asked"))
    }
    let loose = transcript.messages.filter {
      $0.id == nil && ($0.kind == .failure || $0.kind == .result)
    }
    let excuses =
      transcript.unreadableLines + transcript.asked.values.reduce(0) { $0 + max(0, $1.times - 1) }
    if loose.count > excuses {
      found.append(
        Violation(.nothingUnasked, "\(loose.count) answers without id to \(excuses) lines"))
    }
    return found
  }

  private static func progress(in transcript: Transcript) -> [Violation] {
    var owners: [String: String] = [:]
    for (id, request) in transcript.asked { owners[request.progressToken ?? ""] = id }
    owners[""] = nil
    var last: [String: Double] = [:]
    var answered: Set<String> = []
    var found: [Violation] = []
    for message in transcript.messages {
      if message.kind == .result || message.kind == .failure { answered.insert(message.id ?? "") }
      guard message.method == "notifications/progress", message.kind == .notification else {
        continue
      }
      let token = message.params?.member("progressToken")?.text ?? ""
      guard let owner = owners[token] else {
        found.append(Violation(.progress, "token \(token) belongs to no request"))
        continue
      }
      // The token of a call that became a task holds until the task ends (2025-11-25).
      let answer = answered.contains(owner) ? transcript.answersByID[owner]?.first : nil
      if let answer, answer.result?["task"]?["taskId"] == nil {
        found.append(Violation(.progress, "token \(token) after the answer to \(owner)"))
      }
      let value = message.params?.member("progress")?.doubleValue ?? 0
      if let before = last[token], value <= before {
        found.append(Violation(.progress, "token \(token) went from \(before) to \(value)"))
      }
      last[token] = value
    }
    return found
  }
}
