/// The command line of `switchyard-gateway`.
///
/// Four options do not need a parsing library, whose cost in start-up time and
/// memory every launch by a client would pay.
struct Arguments: Equatable {
  enum Outcome: Equatable {
    case run(Arguments)
    case help
    case version
    /// Makes an environment and ends; what gateways start, and not people.
    case buildEnvironment
    /// One sentence.
    case mistake(String)
  }

  var config: String?
  var state: String?
  /// What every client is shown, whatever it calls itself.
  var profile: String?

  static let help = """
    USAGE: switchyard-gateway [--config DIR] [--state DIR] [--profile NAME]

    An MCP server on stdin and stdout in front of every service that a manifest
    describes. A client launches it; to try it by hand, use `switchyard call`.

    OPTIONS:
      --config DIR  the folder with gateway.yaml and manifests/
                    (default: $XDG_CONFIG_HOME/switchyard, else ~/.config/switchyard)
      --state DIR   the folder for what is remembered between runs
                    (default: $XDG_STATE_HOME/switchyard, else ~/.local/state/switchyard)
      --profile NAME  the profile of gateway.yaml that the client has
                    (default: the first one whose `client` matches it)
      --version     print the version
      -h, --help    print this text

    EXIT CODES:
      0    the client closed our stdin
      1    the client stopped reading, or the configuration cannot be used
      2    a mistake on the command line
      143  ended by SIGTERM (130 by SIGINT)

    EXAMPLES:
      switchyard register claude-code     launch it from Claude Code
      switchyard check                    say what is wrong with the manifests
      switchyard list                     list the tools it offers

    """

  static func parse(_ words: [String]) -> Outcome {
    var arguments = Arguments()
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "-h", "--help", "help": return .help
      case "--version": return .version
      case "--build-environment": return .buildEnvironment
      case "--config", "--state", "--profile":
        guard let value = rest.popFirst() else {
          return .mistake("\(word) needs a \(word == "--profile" ? "name" : "folder").")
        }
        arguments.set(word, value)
      default:
        guard let (option, value) = assignment(word) else {
          return .mistake("'\(word)' is not an option; see --help.")
        }
        arguments.set(option, value)
      }
    }
    return .run(arguments)
  }

  private static func assignment(_ word: String) -> (String, String)? {
    for option in ["--config", "--state", "--profile"] where word.hasPrefix(option + "=") {
      return (option, String(word.dropFirst(option.count + 1)))
    }
    return nil
  }

  private mutating func set(_ option: String, _ value: String) {
    switch option {
    case "--config": config = value
    case "--state": state = value
    default: profile = value
    }
  }
}
