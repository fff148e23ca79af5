import Harness
import MCP
import Testing

/// The complaints about a scenario, as people read them.
private func complaints(_ yaml: String) -> [String] {
  do {
    _ = try parse(yaml)
    return []
  } catch let error as ScenarioError {
    return error.complaints.map(\.description)
  } catch {
    return ["\(error)"]
  }
}

private let wholeScenario = """
  scenario: a walk
  command: [server, --fast]
  environment: {A: "1"}
  stdio: sockets
  protocol: 2026-07-28
  timeout: 250ms
  ignore: [notifications/message]
  check: {no-leftovers: false}
  steps:
    - handshake
    - send: tools/call
      as: first
      params: {name: echo, arguments: {n: 1.50}}
    - await: first
      expect: {error: {code: -32602}}
      within: 2s
    - raw: '{"id":1}'
      newline: false
    - close: stdin
    - exit: 0
  """

@Suite struct ScenarioParserTests {
  @Test func `a scenario holds what its file says`() throws {
    let scenario = try parse(wholeScenario)
    #expect(scenario.name == "a walk")
    #expect(scenario.command == ["server", "--fast"])
    #expect(scenario.environment == ["A": "1"])
    #expect(scenario.channel == .sockets)
    #expect(scenario.revision == .newest)
    #expect(scenario.timeout == .milliseconds(250))
    #expect(!scenario.checks.contains(.noLeftovers))
    #expect(scenario.checks.contains(.onlyMCP))
    #expect(
      scenario.steps.map(\.title).prefix(3) == ["handshake", "send tools/call", "await first"])
    #expect(scenario.steps[2].within == .seconds(2))
    guard case .request(let request, nil) = scenario.steps[1].action,
      case .raw(let bytes) = scenario.steps[3].action
    else {
      Issue.record("the steps are others")
      return
    }
    // The number keeps its text.
    #expect(request.params?.text == #"{"name":"echo","arguments":{"n":1.50}}"#)
    #expect(bytes == Array(#"{"id":1}"#.utf8))
  }

  @Test(arguments: [
    (
      "step: []\nsteps: []",
      "test.yaml:1:1: unknown key 'step' in a scenario; did you mean 'steps'?"
    ),
    ("scenario: x", "test.yaml:1:1: a scenario needs 'steps'"),
    ("steps: [{requst: x}]", "test.yaml:1:10: 'requst' is no step; did you mean 'request'?"),
    (
      "steps:\n  - request: x\n    parms: {}",
      "test.yaml:3:5: unknown key 'parms' in step 'request'; did you mean 'params'?"
    ),
    (
      "steps: [{silence: 5}]",
      "test.yaml:1:19: silence is '5', not a time such as 250ms, 5s or 2m"
    ),
    (
      "steps: [{request: x, expect: {result: {$regx: a}}}]",
      "test.yaml:1:40: unknown key '$regx' in a condition; did you mean '$regex'?"
    ),
    (
      "steps: [{request: x, expect: {result: {$regex: '('}}}]",
      "test.yaml:1:48: $regex: '(' is no regular expression"
    ),
    (
      "protocol: 2026-07-29\nsteps: []",
      "test.yaml:1:11: protocol is '2026-07-29'; did you mean '2026-07-28'?"
    ),
    ("steps: [{close: stdlog}]", "test.yaml:1:17: close is 'stdlog'; known: stdin, stdout"),
    ("steps: 5", "test.yaml:1:8: steps is not a list"),
    (
      "check: {only-mpc: false}\nsteps: []",
      "test.yaml:1:9: unknown key 'only-mpc' in check; did you mean 'only-mcp'?"
    ),
  ])
  func `a mistake is told with its place and the nearest word`(yaml: String, complaint: String) {
    #expect(complaints(yaml) == [complaint])
  }

  @Test func `all mistakes are told at once`() {
    #expect(complaints("a: 1\nb: 2\nsteps: [{x: 1}, {y: 2}]").count == 4)
  }

  @Test(arguments: [
    ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("2m", .seconds(120)), ("5", nil),
    ("-1s", nil), ("s", nil), ("5 s", nil), ("9999999999999999999s", nil), ("1h", nil),
  ])
  func `times have a unit`(text: String, duration: Duration?) {
    #expect(Duration(scenario: text) == duration)
  }
}
