import Clients
import Glibc

/// What the person answers to what servers ask for: on the command line, or on the terminal.
struct Answers {
  private let given: [String: [String]]
  private let isInteractive: Bool

  /// - Parameter pairs: `KEY=VALUE`; a key that stands twice has two values.
  init(_ pairs: [String], isInteractive: Bool) throws {
    var given: [String: [String]] = [:]
    for pair in pairs {
      let (key, value) = try Pair.read(pair, "--set", "KEY=VALUE")
      given[key, default: []].append(value)
    }
    self.given = given
    self.isInteractive = isInteractive && isatty(0) == 1
  }

  /// The answers for one server.
  func answers(for server: FoundServer) throws(LeftServer) -> [String: [String]] {
    var answers: [String: [String]] = [:]
    for question in server.questions {
      if let values = given[question.key] ?? ask(question, server.name) {
        if let complaint = question.complaint(about: values) {
          throw LeftServer(name: server.name, why: "'\(question.key)' \(complaint)")
        }
        answers[question.key] = values
      }
    }
    return answers
  }

  private func ask(_ question: Question, _ server: String) -> [String]? {
    guard isInteractive, question.isRequired, question.fallback == nil else { return nil }
    let about = question.about.map { " (\($0))" } ?? ""
    let prompt = "\(server): \(question.key)\(about): ".printable()
    let line: String?
    if question.isSecret {
      line = Self.hiddenLine(prompt)
    } else {
      Terminal.output.write(prompt)
      line = readLine()
    }
    return line.flatMap { $0.isEmpty ? nil : [$0] }
  }

  /// A line of standard input, which a terminal does not show.
  static func hiddenLine(_ prompt: String) -> String? {
    var before = termios()
    guard tcgetattr(0, &before) == 0 else { return readLine() }
    Terminal.error.write(prompt)
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSAFLUSH, &silent)
    let line = readLine()
    tcsetattr(0, TCSAFLUSH, &before)
    Terminal.error.write("\n")
    return line
  }
}
