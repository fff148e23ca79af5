import Glibc
import RawJSON
import YAML

/// The steps of a scenario: a verb, and what belongs to it.
extension ScenarioReader {
  /// Verb -> the keys that may stand beside it.
  private static let verbs: [(verb: String, others: [String])] = [
    ("handshake", ["within"]),
    ("request", ["params", "id", "as", "expect", "capture", "within"]),
    ("send", ["params", "id", "as", "times"]),
    ("notify", ["params"]),
    ("raw", ["newline"]),
    ("await", ["expect", "capture", "within"]),
    ("notification", ["params", "within"]),
    ("server-request", ["params", "answer", "within"]),
    ("received", ["params", "times", "after"]),
    ("cancel", ["reason"]),
    ("silence", []), ("pause", []), ("close", []), ("signal", []),
    ("exit", ["within"]),
  ]

  private static let signals: [String: Int32] = [
    "TERM": SIGTERM, "INT": SIGINT, "HUP": SIGHUP, "KILL": SIGKILL, "STOP": SIGSTOP,
    "CONT": SIGCONT, "USR1": SIGUSR1, "USR2": SIGUSR2, "SEGV": SIGSEGV, "QUIT": SIGQUIT,
  ]

  mutating func step(_ node: Node) -> Scenario.Step? {
    // A bare word is a verb without a value: `- handshake`.
    if let word = node.scalar {
      let nothing = Node(.scalar(Scalar(text: "", style: .plain)), at: node.position)
      return step(word.text, nothing, Node(.mapping([]), at: node.position), at: node.position)
    }
    guard let first = node.pairs?.first else {
      complain("a step is a mapping that begins with its verb", at: node.position)
      return nil
    }
    return step(first.key, first.value, node, at: first.keyPosition)
  }

  private mutating func step(
    _ name: String, _ value: Node, _ node: Node, at position: Position
  ) -> Scenario.Step? {
    guard let (verb, others) = Self.verbs.first(where: { $0.verb == name }) else {
      let names = Self.verbs.map(\.verb)
      let nearest = NearestKey.to(name, among: names).map { "; did you mean '\($0)'?" }
      let advice = nearest ?? "; known: " + names.joined(separator: ", ")
      complain("\(quoted(name)) is no step\(advice)", at: position)
      return nil
    }
    _ = pairs(node, of: "step '\(verb)'", allowed: [verb] + others)
    guard let action = action(verb, value, node) else { return nil }
    return Scenario.Step(
      position: position, action: action,
      within: node["within"].flatMap { duration($0, "within") }, title: title(verb, value))
  }

  private func title(_ verb: String, _ value: Node) -> String {
    guard let scalar = value.scalar, !scalar.isNull else { return verb }
    return verb + " " + escaped(scalar.text, limit: 60)
  }

  private mutating func action(
    _ verb: String, _ value: Node, _ node: Node
  ) -> Scenario.Action? {
    switch verb {
    case "handshake": return .handshake(value.isNull ? nil : expectation(value))
    case "request", "send": return request(verb, value, node)
    case "notify": return text(value, verb).map { .notify($0, params(node)) }
    case "raw": return raw(value, node)
    case "await": return awaited(value).map { .await($0, answer(node)) }
    case "notification":
      return text(value, verb).map {
        .notification($0, params: node["params"].map { expectation($0) })
      }
    case "server-request":
      return text(value, verb).map {
        .serverRequest(
          $0, params: node["params"].map { expectation($0) },
          answer: node["answer"].flatMap { clientAnswer($0) })
      }
    case "received": return received(value, node)
    case "cancel":
      return text(value, verb).map {
        .cancel($0, reason: node["reason"].flatMap { text($0, "reason") })
      }
    case "silence": return duration(value, verb).map { .silence($0) }
    case "pause": return duration(value, verb).map { .pause($0) }
    case "close": return choice(value, verb, Scenario.Stream.self).map { .close($0) }
    case "signal": return signal(value).map { .signal($0) }
    default: return exit(value)
    }
  }

  private func params(_ node: Node) -> JSONValue? { node["params"].map { JSONValue($0) } }

  private mutating func request(_ verb: String, _ value: Node, _ node: Node) -> Scenario.Action? {
    guard let method = text(value, verb) else { return nil }
    var request = Scenario.Request(
      method: method, params: params(node), id: node["id"].map { JSONValue($0).text },
      label: node["as"].flatMap { text($0, "as") })
    if let times = node["times"] {
      guard let count = Int(times.scalar?.text ?? ""), count > 0, node["id"] == nil else {
        complain("'times' is a number from 1, and without 'id'", at: times.position)
        return nil
      }
      request.times = count
    }
    return .request(request, verb == "send" ? nil : answer(node))
  }

  /// `raw: text` with a newline, or with `newline: false` without one.
  private mutating func raw(_ value: Node, _ node: Node) -> Scenario.Action? {
    guard let text = value.scalar?.text else {
      complain("raw is \(value.kindName), not text", at: value.position)
      return nil
    }
    let ends = node["newline"].map { JSONValue($0).boolValue ?? true } ?? true
    return .raw(Array(text.utf8) + (ends ? [10] : []))
  }

  /// `received: METHOD` with how often it may have come, and how long to wait before counting.
  private mutating func received(_ value: Node, _ node: Node) -> Scenario.Action? {
    guard let method = text(value, "received") else { return nil }
    guard let times = node["times"] else {
      complain("'received' needs 'times'", at: value.position)
      return nil
    }
    return .received(
      method, params: node["params"].map { expectation($0) }, times: expectation(times),
      after: node["after"].flatMap { duration($0, "after") } ?? .zero)
  }

  /// A label; `{id: 7}` for requests that were sent raw; `no-id` for errors without one.
  private mutating func awaited(_ node: Node) -> Scenario.Awaited? {
    if node.pairs != nil {
      let known = pairs(node, of: "await", allowed: ["id"])
      return known.first.map { .id(JSONValue($0.value).text) }
    }
    return text(node, "await").map { $0 == "no-id" ? .noID : .label($0) }
  }

  private mutating func answer(_ node: Node) -> Scenario.Answer {
    var answer = Scenario.Answer()
    for pair in node["capture"]?.pairs ?? [] {
      guard let pointer = text(pair.value, "capture") else { continue }
      answer.captures.append((pair.key, pointer))
    }
    guard let expected = node["expect"] else { return answer }
    let known = pairs(expected, of: "expect", allowed: ["result", "error"])
    guard let pair = known.first, known.count == 1 else {
      complain("expect needs either 'result' or 'error'", at: expected.position)
      return answer
    }
    let content = expectation(pair.value)
    answer.content = pair.key == "result" ? .result(content) : .error(content)
    return answer
  }

  mutating func clientAnswer(_ node: Node) -> ClientAnswer? {
    let known = pairs(node, of: "an answer", allowed: ["result", "error"])
    guard let pair = known.first, known.count == 1 else {
      complain("an answer is either 'result' or 'error'", at: node.position)
      return nil
    }
    let value = JSONValue(pair.value)
    if pair.key == "result" { return .result(value) }
    let code = value.member("code")?.intValue ?? -1
    return .error(
      code: Int(code), message: value.member("message")?.stringValue ?? "refused by the scenario")
  }

  private mutating func signal(_ node: Node) -> Int32? {
    guard let name = text(node, "signal") else { return nil }
    if let signal = Self.signals[name] { return signal }
    complain(
      "signal is one of " + Self.signals.keys.sorted().joined(separator: ", "), at: node.position)
    return nil
  }

  /// `exit: 0`, `exit: KILL`, or `exit` for any.
  private mutating func exit(_ node: Node) -> Scenario.Action? {
    if node.isNull { return .exit(nil) }
    if let code = JSONValue(node).intValue { return .exit(.code(Int32(clamping: code))) }
    return signal(node).map { .exit(.signal($0)) }
  }
}
