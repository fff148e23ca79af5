import Glibc
import YAML

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
    case .test(let options): test(options)
    case .record(let options): Recorder.run(options)
    case .replay(let options): replay(options)
    }
  }

  private static func test(_ options: TestOptions) -> Int32 {
    var scenarios: [Scenario] = []
    var unusable = options.scenarios.isEmpty
    if unusable { Complaint.say("no scenario was named") }
    for file in options.scenarios {
      do {
        scenarios.append(try load(file))
      } catch {
        Complaint.say("\(error)")
        unusable = true
      }
    }
    // A suite of which a part cannot be read proves nothing; nothing is started.
    if unusable { return 2 }
    let printer = WirePrinter(colored: isatty(2) == 1)
    let outcomes = scenarios.map { scenario in
      let command =
        options.command.isEmpty ? scenario.command ?? options.defaultCommand : options.command
      return ScenarioRun.play(
        scenario, command: command,
        observer: options.showsWire
          ? { direction, bytes in Complaint.write(printer.line(direction, bytes) + "\n") } : nil)
    }
    return conclude(outcomes, options.format, file: options.reportFile)
  }

  private static func replay(_ options: ReplayOptions) -> Int32 {
    do {
      let recording = try Recording(parsing: RegularFile.read(options.file, limit: 1 << 30))
      return conclude(try Replayer.play(recording, options), options.format, file: nil)
    } catch let error as RecordingError {
      Complaint.say("\(options.file): \(error)")
    } catch let error as RegularFile.Failure {
      Complaint.say("\(options.file): \(error)")
    } catch {
      Complaint.say("\(error)")
    }
    return 2
  }

  /// Reads a scenario file.
  package static func load(_ file: String) throws(ScenarioError) -> Scenario {
    let bytes: [UInt8]
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.read(file, limit: Limits().bytes)
    } catch {
      throw ScenarioError(file, .start, "\(error)")
    }
    let root: Node?
    do throws(YAMLError) {
      root = try Node.parse(bytes)
    } catch {
      throw ScenarioError(file, error.position, "\(error)")
    }
    guard let root else { throw ScenarioError(file, .start, "the file is empty") }
    return try ScenarioParser.parse(root, file: file)
  }

  private static func conclude(
    _ outcomes: [ScenarioOutcome], _ format: ReportFormat, file: String?
  ) -> Int32 {
    let colored = format == .pretty && file == nil && isatty(1) == 1
    let text = Array(Report.text(outcomes, format: format, colored: colored).utf8)
    let written = file.map { SmallFile.write(text, to: $0) } ?? SmallFile.write(text, on: 1)
    if !written {
      Complaint.say("cannot write the report\(file.map { " to " + $0 } ?? "")")
      return 2
    }
    return outcomes.allSatisfy(\.passed) ? 0 : 1
  }
}

/// Words to the person at the terminal, on stderr.
enum Complaint {
  static func say(_ text: String) { write("switchyard: " + text + "\n") }

  static func write(_ text: String) { _ = SmallFile.write(Array(text.utf8), on: 2) }
}
