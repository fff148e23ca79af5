import Harness
import Testing
import YAML

@Suite struct ReportTests {
  private var outcomes: [ScenarioOutcome] {
    var good = ScenarioOutcome(name: "echo # 1", file: "a.yaml")
    good.steps = 3
    good.duration = .milliseconds(12)
    var bad = ScenarioOutcome(name: "a <bad> one", file: "b.yaml")
    bad.failure = StepFailure(
      title: "request tools/call", position: Position(line: 4, column: 5),
      message: "the answer is not as expected",
      mismatch: Mismatch(pointer: "/result/n", expected: "1", actual: "\"\u{1B}[31m&\""))
    bad.violations = [Violation(.onlyMCP, "line 2 of stdout")]
    bad.stderr = "first\nlast words\u{7}\n"
    bad.duration = .milliseconds(1_005)
    return [good, bad]
  }

  @Test func `people read what failed, where, and the first difference`() {
    #expect(
      Report.text(outcomes, format: .pretty) == """
        pass echo # 1 (12 ms)
        FAIL a <bad> one (1005 ms)
             b.yaml:4:5: request tools/call: the answer is not as expected
               at       /result/n
               expected 1
               actual   "\\u{1b}[31m&"
             only-mcp: line 2 of stdout
             stderr: first
             stderr: last words\\u{7}
        1 passed, 1 failed

        """)
  }

  @Test func `colours are there only when asked for`() {
    #expect(!Report.text(outcomes, format: .pretty).utf8.contains(0x1B))
    #expect(Report.text(outcomes, format: .pretty, colored: true).utf8.contains(0x1B))
  }

  @Test func `TAP names each scenario and explains failures`() {
    #expect(
      Report.text(outcomes, format: .tap) == """
        TAP version 14
        1..2
        ok 1 - echo \\# 1
        not ok 2 - a <bad> one
          ---
          message: |
            b.yaml:4:5: request tools/call: the answer is not as expected
              at       /result/n
              expected 1
              actual   "\\u{1b}[31m&"
            only-mcp: line 2 of stdout
          duration_ms: 1005
          ...

        """)
  }

  @Test func `JUnit XML is escaped and counts failures`() {
    #expect(
      Report.text(outcomes, format: .junit) == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite name="switchyard" tests="2" failures="1" errors="0" time="1.017">
          <testcase name="echo # 1" classname="a.yaml" time="0.012"/>
          <testcase name="a &lt;bad&gt; one" classname="b.yaml" time="1.005">
            <failure message="b.yaml:4:5: request tools/call: the answer is not as expected">\
        b.yaml:4:5: request tools/call: the answer is not as expected
          at       /result/n
          expected 1
          actual   &quot;\\u{1b}[31m&amp;&quot;
        only-mcp: line 2 of stdout</failure>
          </testcase>
        </testsuite>

        """)
  }

  @Test func `S14: what went over the wire is shown without control characters and bounded`() {
    let printer = WirePrinter(limit: 20)
    let bytes = Array("\u{1B}]52;c;x\u{7}\u{202E}é".utf8)
    #expect(
      printer.line(.toClient, bytes) == #"<-- \u{1b}]52;c;x\u{7}\u{202e}é"#)
    let long = [UInt8](repeating: 0x61, count: 19) + Array("éé".utf8)
    #expect(printer.line(.toServer, long) == "--> aaaaaaaaaaaaaaaaaaa... (4 more bytes)")
  }
}
