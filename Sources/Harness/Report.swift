import Resilience
package import YAML

/// A step that did not go as it should.
package struct StepFailure: Sendable {
  package var title: String
  package var position: Position?
  package var message: String
  package var mismatch: Mismatch?

  package init(title: String, position: Position?, message: String, mismatch: Mismatch?) {
    self.title = title
    self.position = position
    self.message = message
    self.mismatch = mismatch
  }

  init(_ step: Scenario.Step, _ message: String, _ mismatch: Mismatch?) {
    self.init(
      title: step.title, position: step.position, message: message, mismatch: mismatch)
  }
}

/// How one scenario went.
package struct ScenarioOutcome: Sendable {
  package var name: String
  package var file: String
  /// Steps that went well.
  package var steps = 0
  package var failure: StepFailure?
  package var violations: [Violation] = []
  package var stderr = ""
  package var duration: Duration = .zero

  package init(name: String, file: String) {
    self.name = name
    self.file = file
  }

  package var passed: Bool { failure == nil && violations.isEmpty }

  /// What went wrong, a line each, without colours; harmless on a terminal.
  package var complaints: [String] {
    var lines: [String] = []
    if let failure {
      let place = failure.position.map { "\(file):\($0.line):\($0.column): " } ?? "\(file): "
      lines.append("\(place)\(failure.title): \(failure.message)")
      if let mismatch = failure.mismatch {
        lines.append("  at       " + (mismatch.pointer.isEmpty ? "(the whole)" : mismatch.pointer))
        lines.append("  expected " + shown(mismatch.expected))
        lines.append("  actual   " + shown(mismatch.actual))
      }
    }
    return lines + violations.map { shown($0.description) }
  }

  private func shown(_ text: String) -> String {
    WirePrinter.visible(Array(text.utf8), limit: 2_000)
  }

  /// The end of what the server wrote to stderr, a few lines, harmless on a terminal.
  package var lastWords: [String] {
    stderr.utf8.split(separator: 10).suffix(5).map {
      WirePrinter.visible(Array($0), limit: 300)
    }
  }
}

/// Writes outcomes as text. A pure function of them: golden tests compare it.
package enum Report {
  package static func text(
    _ outcomes: [ScenarioOutcome], format: ReportFormat, colored: Bool = false
  ) -> String {
    switch format {
    case .pretty: pretty(outcomes, colored: colored)
    case .tap: tap(outcomes)
    case .junit: junit(outcomes)
    }
  }

  private static func pretty(_ outcomes: [ScenarioOutcome], colored: Bool) -> String {
    func paint(_ text: String, _ code: String) -> String {
      colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
    var lines: [String] = []
    for outcome in outcomes {
      let mark = outcome.passed ? paint("pass", "32") : paint("FAIL", "31")
      lines.append("\(mark) \(outcome.name) (\(outcome.duration.inMilliseconds) ms)")
      lines += outcome.complaints.map { "     " + $0 }
      if !outcome.passed { lines += outcome.lastWords.map { "     stderr: " + $0 } }
    }
    let failed = outcomes.count { !$0.passed }
    lines.append("\(outcomes.count - failed) passed, \(failed) failed")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func tap(_ outcomes: [ScenarioOutcome]) -> String {
    var lines = ["TAP version 14", "1..\(outcomes.count)"]
    for (index, outcome) in outcomes.enumerated() {
      let mark = outcome.passed ? "ok" : "not ok"
      lines.append("\(mark) \(index + 1) - \(tapEscaped(outcome.name))")
      guard !outcome.passed else { continue }
      lines.append("  ---")
      lines.append("  message: |")
      lines += outcome.complaints.map { "    " + $0 }
      lines.append("  duration_ms: \(outcome.duration.inMilliseconds)")
      lines.append("  ...")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `#` and `\` begin directives and escapes in TAP 14.
  private static func tapEscaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if scalar == "#" || scalar == "\\" { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    }
    return escaped
  }

  private static func junit(_ outcomes: [ScenarioOutcome]) -> String {
    let failed = outcomes.count { !$0.passed }
    let total = outcomes.reduce(0) { $0 + $1.duration.inMilliseconds }
    var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    text += #"<testsuite name="switchyard" tests="\#(outcomes.count)" failures="\#(failed)" "#
    text += #"errors="0" time="\#(seconds(total))">"# + "\n"
    for outcome in outcomes {
      text += #"  <testcase name="\#(xmlEscaped(outcome.name))" "#
      text += #"classname="\#(xmlEscaped(outcome.file))" "#
      text += #"time="\#(seconds(outcome.duration.inMilliseconds))""#
      if outcome.passed {
        text += "/>\n"
      } else {
        let first = xmlEscaped(outcome.complaints.first ?? "")
        let all = xmlEscaped(outcome.complaints.joined(separator: "\n"))
        text += ">\n    <failure message=\"\(first)\">\(all)</failure>\n  </testcase>\n"
      }
    }
    return text + "</testsuite>\n"
  }

  private static func seconds(_ milliseconds: UInt64) -> String {
    let digits = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// Also drops what XML 1.0 cannot carry.
  private static func xmlEscaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
