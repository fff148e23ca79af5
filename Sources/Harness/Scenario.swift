package import MCP
package import RawJSON
package import YAML

/// One conversation with a server, as a scenario file describes it (docs/harness.md).
package struct Scenario {
  package var name: String
  package var file: String
  /// The server, where the file names one.
  package var command: [String]?
  package var environment: [String: String] = [:]
  /// The server's working directory; the folder of the file by default.
  package var directory: String
  package var channel = ServerCommand.Channel.pipes
  package var revision = Revision.newestLegacy
  package var capabilities: JSONValue = [:]
  package var answers: [String: ClientAnswer] = [:]
  /// The longest wait of a step that names none.
  package var timeout: Duration = .seconds(10)
  /// Notifications that may come at any time and are not looked at.
  package var ignoredNotifications: [String] = []
  /// The rules that are judged at the end.
  package var checks: Set<Violation.Rule> = Set(Violation.Rule.allCases)
  package var steps: [Step] = []

  /// One line of the script and where it stands.
  package struct Step {
    package var position: Position
    package var action: Action
    /// The longest wait; the scenario's own where nil.
    package var within: Duration?
    /// What the step is called in a report.
    package var title: String
  }

  package enum Action {
    /// The opening of the era: initialize with its notification, or server/discover.
    case handshake(Expectation?)
    /// Sends a request; waits for its answer when there is something to expect.
    case request(Request, Answer?)
    case notify(String, JSONValue?)
    /// Bytes exactly as they are.
    case raw([UInt8])
    case await(Awaited, Answer)
    case notification(String, params: Expectation?)
    case serverRequest(String, params: Expectation?, answer: ClientAnswer?)
    /// How many notifications or requests of the server with a method came since the start.
    case received(String, params: Expectation?, times: Expectation, after: Duration)
    case cancel(String, reason: String?)
    /// Nothing may come for so long.
    case silence(Duration)
    case pause(Duration)
    case close(Stream)
    case signal(Int32)
    case exit(ServerExit?)
  }

  package enum Stream: String, CaseIterable { case stdin, stdout }

  package struct Request {
    package var method: String
    package var params: JSONValue?
    /// JSON text; the next number where nil.
    package var id: String?
    /// What later steps call this request.
    package var label: String?
    /// How often it is sent, each time with an id of its own.
    package var times = 1
  }

  /// Whose answer is waited for.
  package enum Awaited {
    /// A request by its label.
    case label(String)
    /// An id as JSON text, for requests that were sent raw.
    case id(String)
    /// An error that names no request.
    case noID
  }

  /// What an answer must be, and what is kept of it.
  package struct Answer {
    package enum Content {
      case anything
      case result(Expectation)
      case error(Expectation)
    }
    package var content = Content.anything
    /// Name -> JSON pointer into the whole answer; used as `{$captured: NAME}`.
    package var captures: [(name: String, pointer: String)] = []
  }
}

/// Why a scenario file cannot be used; every complaint at once.
package struct ScenarioError: Error, CustomStringConvertible {
  package struct Complaint: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var position: Position
    package var message: String

    /// `file:line:column: message`
    package var description: String {
      "\(file):\(position.line):\(position.column): \(message)"
    }
  }

  package var complaints: [Complaint]

  package init(complaints: [Complaint]) { self.complaints = complaints }

  init(_ file: String, _ position: Position, _ message: String) {
    complaints = [Complaint(file: file, position: position, message: message)]
  }

  package var description: String {
    complaints.map(\.description).joined(separator: "\n")
  }
}
