import Glibc
import MCP
import RawJSON
import Resilience

/// One scenario being played: the steps in order, then the rules of the wire.
///
/// The first step that fails ends the script, because what follows builds on it;
/// the rules that need no complete conversation are judged all the same.
package struct ScenarioRun {
  private let scenario: Scenario
  private let client: HarnessClient
  /// Label -> id.
  private var labels: [String: String] = [:]
  private var captured: [String: JSONValue] = [:]
  private let marker: ProcessMarker

  /// Why a step failed.
  struct Failure: Error {
    var what: String
    var mismatch: Mismatch?
  }

  /// Plays a scenario against a server and says how it went.
  package static func play(
    _ scenario: Scenario, command: [String], observer: ((WireDirection, [UInt8]) -> Void)? = nil
  ) -> ScenarioOutcome {
    let start = MonotonicClock.now
    var outcome = ScenarioOutcome(name: scenario.name, file: scenario.file)
    do throws(HarnessError) {
      var run = try ScenarioRun(scenario, command: command)
      run.client.observer = observer
      run.play(&outcome)
    } catch {
      outcome.failure = StepFailure(
        title: "start", position: nil, message: "\(error)", mismatch: nil)
    }
    outcome.duration = MonotonicClock.now - start
    return outcome
  }

  private init(_ scenario: Scenario, command: [String]) throws(HarnessError) {
    self.scenario = scenario
    marker = ProcessMarker.fresh()
    var environment = scenario.environment
    environment[ProcessMarker.name] = marker.value
    client = try HarnessClient(
      ServerCommand(
        command, environment: environment, directory: scenario.directory,
        channel: scenario.channel),
      revision: scenario.revision, capabilities: scenario.capabilities)
    client.answers.merge(scenario.answers) { $1 }
  }

  private mutating func play(_ outcome: inout ScenarioOutcome) {
    for step in scenario.steps {
      do {
        try perform(step)
        outcome.steps += 1
      } catch let failure as Failure {
        outcome.failure = StepFailure(step, failure.what, failure.mismatch)
        break
      } catch {
        outcome.failure = StepFailure(step, "\(error)", nil)
        break
      }
    }
    finish(&outcome)
  }

  /// Ends the server as clients do, then judges what it left.
  private func finish(_ outcome: inout ScenarioOutcome) {
    client.closeInput()
    if (try? client.waitForExit(within: .seconds(5))) == nil {
      client.process.killGroup(SIGKILL)
      _ = try? client.waitForExit(within: .seconds(5))
      if outcome.failure == nil, scenario.checks.contains(.noLeftovers) {
        outcome.violations.append(
          Violation(.noLeftovers, "the server still ran 5 s after its stdin was closed"))
      }
    }
    outcome.stderr = client.stderr
    var rules = scenario.checks
    // A script that was cut short leaves requests open.
    if outcome.failure != nil { rules.remove(.answeredOnce) }
    outcome.violations += WireRules.violations(
      in: client.transcript, unfinished: client.partialLine
    ).filter { rules.contains($0.rule) }
    if rules.contains(.noLeftovers) {
      let left = marker.waitUntilGone(within: .seconds(2))
      marker.killAll()
      outcome.violations += left.map { Violation(.noLeftovers, "process \($0) is left") }
    }
  }
}

/// The steps.
extension ScenarioRun {
  private mutating func perform(_ step: Scenario.Step) throws {
    let limit = step.within ?? scenario.timeout
    switch step.action {
    case .handshake(let expected):
      let answer = try client.handshake(within: limit)
      try check(answer, expected.map { .result($0) } ?? .result(.any))
    case .request(let request, let answer): try perform(request, answer, limit)
    case .notify(let method, let params): try client.notify(method, params.map(filled))
    case .raw(let bytes): try client.send(bytes, within: limit)
    case .await(let awaited, let answer): try keep(answer, try answered(awaited, limit))
    case .notification(let method, let params): try notification(method, params, limit)
    case .serverRequest(let method, let params, let answer):
      try serverRequest(method, params, answer, limit)
    case .received(let method, let params, let times, let duration):
      try received(method, params, times, after: duration)
    case .cancel(let label, let reason):
      try client.cancel(labels[label] ?? label, reason: reason)
    case .silence(let duration): try silence(duration)
    case .pause(let duration): client.run(for: duration)
    case .close(.stdin): client.closeInput()
    case .close(.stdout): client.closeOutput()
    case .signal(let signal): client.process.signal(signal)
    case .exit(let expected): try exit(expected, limit)
    }
  }

  private mutating func perform(
    _ request: Scenario.Request, _ answer: Scenario.Answer?, _ limit: Duration
  ) throws {
    let params = request.params.map(filled)
    for _ in 1..<request.times { try client.request(request.method, params) }
    let id = try client.request(request.method, params, id: request.id)
    if let label = request.label { labels[label] = id }
    if let answer { try keep(answer, try client.response(to: id, within: limit)) }
  }

  private func answered(_ awaited: Scenario.Awaited, _ limit: Duration) throws -> ServerMessage {
    switch awaited {
    case .id(let id): return try client.response(to: id, within: limit)
    case .noID: return try client.errorWithoutID(within: limit)
    case .label(let label):
      guard let id = labels[label] else {
        throw Failure(what: "no request is called '\(label)'", mismatch: nil)
      }
      return try client.response(to: id, within: limit)
    }
  }

  private mutating func keep(_ answer: Scenario.Answer, _ message: ServerMessage) throws {
    try check(message, answer.content)
    let value = message.value
    for (name, pointer) in answer.captures {
      guard let found = value.at(pointer: pointer) else {
        throw Failure(what: "nothing at \(pointer) to keep as '\(name)'", mismatch: nil)
      }
      captured[name] = found
    }
  }

  private func check(_ message: ServerMessage, _ content: Scenario.Answer.Content) throws {
    let mismatch: Mismatch?
    switch content {
    case .anything: return
    case .result(let expected):
      mismatch = expected.mismatch(in: message.result, at: "/result")
    case .error(let expected): mismatch = expected.mismatch(in: message.error, at: "/error")
    }
    guard let mismatch else { return }
    let text = WirePrinter.visible(message.bytes, limit: 600)
    throw Failure(what: "the answer is not as expected: \(text)", mismatch: mismatch)
  }

  private func notification(
    _ method: String, _ params: Expectation?, _ limit: Duration
  ) throws {
    while true {
      let message = try client.notification(within: limit)
      let found = message.method ?? ""
      if found != method, scenario.ignoredNotifications.contains(found) { continue }
      guard found == method else {
        throw Failure(
          what: "the next notification is another one",
          mismatch: Mismatch(pointer: "/method", expected: method, actual: found))
      }
      if let mismatch = params?.mismatch(in: message.params, at: "/params") {
        throw Failure(what: "the notification is not as expected", mismatch: mismatch)
      }
      return
    }
  }

  private func serverRequest(
    _ method: String, _ params: Expectation?, _ answer: ClientAnswer?, _ limit: Duration
  ) throws {
    let request = try client.serverRequest(within: limit)
    guard request.method == method else {
      throw Failure(
        what: "the next request of the server is another one",
        mismatch: Mismatch(pointer: "/method", expected: method, actual: request.method ?? ""))
    }
    if let mismatch = params?.mismatch(in: request.params, at: "/params") {
      throw Failure(what: "the request is not as expected", mismatch: mismatch)
    }
    if let answer, let id = request.id { try client.answer(id, answer) }
  }

  /// Counts what came since the start, whether or not a step has looked at it.
  private func received(
    _ method: String, _ params: Expectation?, _ times: Expectation, after duration: Duration
  ) throws {
    if duration > .zero { client.run(for: duration) }
    let count = client.transcript.messages.count { message in
      message.method == method && params?.mismatch(in: message.params, at: "") == nil
    }
    if let mismatch = times.mismatch(in: JSONValue(integerLiteral: count), at: "") {
      throw Failure(what: "\(method) came another number of times", mismatch: mismatch)
    }
  }

  private func silence(_ duration: Duration) throws {
    let before = client.transcript.messages.count
    let spoke = client.run(until: { $0.messages.count > before }, within: duration)
    guard spoke, let message = client.transcript.messages.last else { return }
    let text = WirePrinter.visible(message.bytes, limit: 200)
    throw Failure(
      what: "the server was not silent",
      mismatch: Mismatch(pointer: "", expected: "nothing", actual: text))
  }

  private func exit(_ expected: ServerExit?, _ limit: Duration) throws {
    let found = try client.waitForExit(within: limit)
    guard let expected, found != expected else { return }
    throw Failure(
      what: "the server ended in another way",
      mismatch: Mismatch(
        pointer: "", expected: expected.description, actual: found.description))
  }

  /// `{$captured: NAME}` anywhere in the parameters becomes what was kept under that name.
  private func filled(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(filled))
    case .object(let members):
      if members.count == 1, let name = value.member("$captured")?.stringValue {
        return captured[name] ?? .null
      }
      return .object(pairs: members.map { ($0.key, filled($0.value)) })
    default: return value
    }
  }
}
