/// The stdio harness: it plays the client of an MCP server and judges what comes back.
///
///     scenario file ─► Scenario ─► ScenarioRun ─► HarnessClient ─► ServerProcess ═ child
///                                      │               │ every line, both ways
///                                      ▼               ▼
///                                   Report         Transcript ─► WireRules
///
/// A server is a child process with pipes (or sockets, as clients built on Node
/// pass them) for stdin, stdout and stderr. The harness reads only while it
/// waits, so a caller that does not wait is a client that does not read. It
/// keeps every line of stdout and checks at the end that nothing but MCP came
/// out, that each request was answered once, and that no process is left.
///
/// It runs in the people's command and in tests, never in the gateway. It costs
/// a copy of every line and a JSON tree for each line that is matched. It
/// refuses scenarios with keys that it does not know.
package enum Harness {
  /// Does one job and returns the exit code of the command: 0 when everything
  /// passed, 1 when the server did not do what was expected, 2 when the scenario,
  /// the recording or the options are unusable. Reports go to standard output,
  /// complaints to standard error. Blocks until the job is done.
  package static func run(_ job: HarnessJob) -> Int32 {
    switch job {
    case .test, .record, .replay: return 2
    }
  }
}
