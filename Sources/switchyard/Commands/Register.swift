import ArgumentParser
import Clients
import Manifest

/// `switchyard register`: tells a client about the gateway.
struct Register: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the gateway into a client's configuration.",
    discussion: """
      Every other entry, key and comment of the file stays as it is; the old file is
      kept beside it. An entry of the same name is updated. 'switchyard unregister'
      undoes it.

      --replace makes manifests of the client's other servers, as 'switchyard add'
      does, and takes their entries out of the file; one that cannot be carried over
      stays there. --restore brings the entries back. The manifests stay.
      Exit codes: 0 done, 1 refused or some servers stay, 2 used wrongly.

      EXAMPLES
        switchyard register claude-desktop
        switchyard register vscode --scope project --config ./config
        switchyard register cursor --name work --env TOKEN_FILE=/run/token --dry-run
        switchyard register cursor --replace --dry-run
        switchyard register cursor --replace --yes
        switchyard register cursor --restore
        switchyard register cursor --profile small
      """)

  @OptionGroup var target: RegisterOptions

  @Option(
    help: ArgumentHelp(
      "A variable for the gateway's environment. Repeatable.", valueName: "name=value"))
  var env: [String] = []

  @Flag(help: "Let the gateway stand for the client's other servers, too.")
  var replace = false

  @Flag(help: "Bring back the servers that --replace took out.")
  var restore = false

  @Option(
    help: ArgumentHelp(
      "With --replace: the answer to something that a server asks for. Repeatable.",
      valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "With --replace: do not ask.")
  var yes = false

  @Option(
    help: ArgumentHelp(
      "The profile of gateway.yaml that the client has, whatever it calls itself.",
      valueName: "name"))
  var profile: String?

  @OptionGroup var folders: FolderOptions

  func validate() throws {
    if replace, restore { throw ValidationError("--replace and --restore exclude each other.") }
    if !replace, yes || !set.isEmpty { throw ValidationError("--yes and --set need --replace.") }
    if restore, !env.isEmpty { throw ValidationError("--env is not for --restore.") }
    if restore, profile != nil { throw ValidationError("--profile is not for --restore.") }
  }

  func run() throws {
    let paths = try folders.paths()
    if restore { return try ClientReturn(target: target, state: paths.state).run() }
    let registration = Registration(
      client: target.client, name: target.name, command: try Installation.gateway(),
      arguments: try arguments(paths),
      environment: try variables())
    if replace {
      let takeover = ClientTakeover(
        target: target, registration: registration, paths: paths,
        services: folders.load(paths).services.map(\.name),
        answers: try Answers(set, isInteractive: !yes), asks: !yes)
      return try takeover.run()
    }
    let file = try target.open()
    let text: [UInt8]
    do {
      text = try registration.added(to: file.contents ?? [], force: target.force)
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    if text == file.contents {
      return Terminal.output.write("'\(target.name)' is already in \(file.path)\n")
    }
    try target.finish(file, .write(text), done: "Wrote '\(target.name)' into")
    if !Process.exists(paths.configuration) {
      Terminal.error.write(
        "\(paths.configuration) does not exist yet; the gateway starts when it does.\n")
    }
  }

  private func arguments(_ paths: ConfigurationPaths) throws -> [String] {
    var arguments = ["--config", paths.configuration, "--state", paths.state]
    guard let profile else { return arguments }
    do throws(UnknownProfile) {
      _ = try folders.load(paths).profile(named: profile)
    } catch {
      throw CommandFailure("\(error)", .usage)
    }
    arguments += ["--profile", profile]
    return arguments
  }

  private func variables() throws -> [(name: String, value: String)] {
    try env.map { text in
      let (name, value) = try Pair.read(text, "--env", "NAME=VALUE")
      return (name, value)
    }
  }
}
