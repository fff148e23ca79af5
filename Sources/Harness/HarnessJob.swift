/// What `switchyard test`, `switchyard record` and `switchyard replay` ask for.
package enum HarnessJob: Sendable {
  /// Plays scenario files against a server.
  case test(TestOptions)
  /// Stands between a client (our own stdin and stdout) and a server, and writes
  /// down what passes.
  case record(RecordOptions)
  /// Plays the client's side of a recording against a server and compares.
  case replay(ReplayOptions)
}

/// How a report is written.
package enum ReportFormat: String, Sendable, CaseIterable {
  /// For people; coloured on a terminal.
  case pretty
  /// Test Anything Protocol, version 14.
  case tap
  /// The XML that CI systems read as JUnit results.
  case junit
}

/// Options of `switchyard test`.
package struct TestOptions: Sendable {
  /// Scenario files, in the order in which they are played.
  package var scenarios: [String]
  /// The server: executable and arguments. Empty means each scenario's own
  /// `command`, or `defaultCommand` where it has none.
  package var command: [String]
  /// The server of a scenario that names none: `switchyard-gateway` beside us.
  package var defaultCommand: [String]
  package var format: ReportFormat
  /// Where the report goes; standard output when nil.
  package var reportFile: String?
  /// Prints every line that goes over the wire to standard error.
  package var showsWire: Bool

  package init(
    scenarios: [String], command: [String] = [], defaultCommand: [String] = ["switchyard-gateway"],
    format: ReportFormat = .pretty, reportFile: String? = nil, showsWire: Bool = false
  ) {
    self.scenarios = scenarios
    self.command = command
    self.defaultCommand = defaultCommand
    self.format = format
    self.reportFile = reportFile
    self.showsWire = showsWire
  }
}

/// Options of `switchyard record`.
package struct RecordOptions: Sendable {
  /// The recording; replaced if it exists.
  package var file: String
  package var command: [String]

  package init(file: String, command: [String]) {
    self.file = file
    self.command = command
  }
}

/// Options of `switchyard replay`.
package struct ReplayOptions: Sendable {
  package var file: String
  package var command: [String]
  /// JSON pointers (RFC 6901) into answers that may differ; `*` stands for any
  /// one member or element.
  package var ignoredPointers: [String]
  /// The longest wait for one answer.
  package var timeout: Duration
  package var format: ReportFormat

  package init(
    file: String, command: [String], ignoredPointers: [String] = [],
    timeout: Duration = .seconds(10), format: ReportFormat = .pretty
  ) {
    self.file = file
    self.command = command
    self.ignoredPointers = ignoredPointers
    self.timeout = timeout
    self.format = format
  }
}
