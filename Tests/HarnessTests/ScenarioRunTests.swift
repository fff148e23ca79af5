import Harness
import Testing

/// Plays a scenario against the fake backend with a script.
private func play(
  _ yaml: String, _ script: String = "", timeout: Duration = .seconds(5)
) throws -> ScenarioOutcome {
  var scenario = try parse(yaml)
  scenario.environment["FAKEB_SCRIPT"] = script
  scenario.timeout = timeout
  return ScenarioRun.play(scenario, command: [Sibling.path(of: "switchyard-fake-backend")])
}

private let oneCall = """
  steps:
    - handshake
    - request: tools/call
      params: {name: echo, arguments: {text: hello}}
      expect: {result: {content: [{type: text, text: hello}]}}
  """

private let everyVerb = """
  answers: {roots/list: {result: {roots: [{uri: "file:///p"}]}}}
  capabilities: {roots: {}}
  steps:
    - handshake: {serverInfo: {name: fake}}
    - request: tools/list
      capture: {tool: /result/tools/1/name}
      expect: {result: {tools: {$length: 11}}}
    - request: tools/call
      params: {name: {$captured: tool}, arguments: {a: 1, b: 2}}
      expect: {result: {structuredContent: {sum: 3}}}
    - request: tools/call
      params: {name: nothing}
      expect: {error: {code: -32602}}
    - send: tools/call
      as: work
      id: seven
      params: {name: slow, arguments: {ms: 40, steps: 2}, _meta: {progressToken: t}}
    - notification: notifications/progress
      params: {progressToken: t, progress: 1}
    - notification: notifications/progress
      params: {progress: 2}
    - await: work
      expect: {result: {structuredContent: {steps: 2}}}
    - send: tools/call
      as: endless
      params: {name: hang}
    - cancel: endless
    - silence: 50ms
    - request: tools/call
      params: {name: ask, arguments: {method: roots/list}}
      expect: {result: {structuredContent: {answer: {roots: [{uri: "file:///p"}]}}}}
    - send: tools/call
      as: asking
      params: {name: ask, arguments: {method: elicitation/create, params: {message: why}}}
    - server-request: elicitation/create
      params: {message: why}
      answer: {result: {action: decline}}
    - await: asking
      expect: {result: {structuredContent: {answer: {action: decline}}}}
    - raw: "this is not JSON"
    - await: no-id
      expect: {error: {code: -32700}}
    - raw: '{"jsonrpc":"2.0","id":99,"method":"ping"}'
    - await: {id: 99}
      expect: {result: {$exact: {}}}
    - notify: notifications/roots/list_changed
    - pause: 10ms
    - close: stdin
    - exit: 0
  """

@Suite struct ScenarioRunTests {
  @Test(arguments: ["2024-11-05", "2025-11-25", "2026-07-28"])
  func `one scenario passes in every revision`(revision: String) throws {
    let outcome = try play("protocol: \(revision)\n" + oneCall)
    #expect(outcome.complaints == [])
    #expect(outcome.steps == 2)
  }

  @Test func `every verb works on a server that behaves`() throws {
    #expect(try play(everyVerb).complaints == [])
  }

  @Test(arguments: [
    ("garbage", "only-mcp"), ("dup", "answered-once"), ("spoof-id", "nothing-unasked"),
    ("two-per-line", "no answer"), ("hang", "no answer"), ("half", "closed its stdout"),
    ("crash@1", "closed its stdout"), ("id-as-string", "no answer"), ("wrong-version", "no answer"),
    ("neither", "no answer"), ("both", "no answer"), ("badjson", "no answer"),
    ("ignore-eof", "no-leftovers"), ("fork=setsid", "no-leftovers"), ("usage", "closed its stdout"),
    ("bom", "no answer"), ("hang@init", "no answer"),
  ])
  func `fails when the server misbehaves`(script: String, complaint: String) throws {
    let outcome = try play(oneCall, script, timeout: .milliseconds(500))
    #expect(!outcome.passed)
    #expect(outcome.complaints.contains { $0.contains(complaint) }, "\(outcome.complaints)")
  }

  @Test func `progress after the answer is a breach`() throws {
    let outcome = try play(
      """
      steps:
        - request: tools/call
          params: {name: echo, _meta: {progressToken: t}}
        - pause: 50ms
      """, "progress-after")
    #expect(outcome.violations.map(\.rule) == [.progress])
  }

  @Test func `notifications in another order fail`() throws {
    let outcome = try play(
      """
      steps:
        - send: tools/call
          params: {name: echo, _meta: {progressToken: t}}
        - notification: notifications/tools/list_changed
        - notification: notifications/progress
      """, "progress=1,list-changed")
    #expect(
      outcome.failure?.mismatch
        == Mismatch(
          pointer: "/method", expected: "notifications/tools/list_changed",
          actual: "notifications/progress"))
  }

  @Test func `an answer that never came is a breach although no step waits for it`() throws {
    let outcome = try play("steps: [{send: tools/call, params: {name: hang}}]")
    #expect(outcome.violations.map(\.rule) == [.answeredOnce])
  }

  @Test(arguments: [
    ("{silence: 200ms}", "the server was not silent"),
    ("{exit: 3}", "the server ended in another way"),
    ("{notification: x, within: 50ms}", "no notification within 0.05 seconds"),
    ("{await: nobody}", "no request is called 'nobody'"),
    ("{request: tools/list, expect: {result: {tools: []}}}", "the answer is not as expected"),
    ("{request: tools/list, expect: {error: {code: 1}}}", "the answer is not as expected"),
  ])
  func `a step that does not come true fails`(step: String, complaint: String) throws {
    let before = step.contains("silence") ? "{send: tools/list}, " : ""
    let after = step.contains("exit") ? "{close: stdin}, " : ""
    let outcome = try play("steps: [\(before)\(after)\(step)]")
    #expect(outcome.failure?.message.hasPrefix(complaint) == true, "\(outcome.complaints)")
  }

  @Test func `a server that cannot be started is a failure, not a crash`() throws {
    let scenario = try parse(oneCall)
    let outcome = ScenarioRun.play(scenario, command: ["/nowhere/server"])
    #expect(outcome.failure?.message == "cannot start /nowhere/server: No such file or directory")
  }
}
