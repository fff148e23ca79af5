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

      EXAMPLES
        switchyard register claude-desktop
        switchyard register vscode --scope project --config ./config
        switchyard register cursor --name work --env TOKEN_FILE=/run/token --dry-run
        switchyard register cursor --profile small
      """)

  @OptionGroup var target: RegisterOptions

  @Option(
    help: ArgumentHelp(
      "A variable for the gateway's environment. Repeatable.", valueName: "name=value"))
  var env: [String] = []

  @Option(
    help: ArgumentHelp(
      "The profile of gateway.yaml that the client has, whatever it calls itself.",
      valueName: "name"))
  var profile: String?

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    let registration = Registration(
      client: target.client, name: target.name, command: try Installation.gateway(),
      arguments: try arguments(paths),
      environment: try variables())
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
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex
      else {
        throw CommandFailure("--env takes NAME=VALUE, not '\(text.printable())'", .usage)
      }
      return (String(text[..<equals]), String(text[text.utf8.index(after: equals)...]))
    }
  }
}

/// `switchyard unregister`: takes the entry out again.
struct Unregister: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the gateway out of a client's configuration.",
    discussion: """
      Removes the entry of that name, if it launches switchyard-gateway. If nothing
      else has changed since 'register', the file gets its old bytes back.

      EXAMPLES
        switchyard unregister claude-desktop
        switchyard unregister cursor --name work --dry-run
      """)

  @OptionGroup var target: RegisterOptions

  func run() throws {
    let file = try target.open()
    guard let contents = file.contents else {
      throw CommandFailure("\(file.path) does not exist; nothing to take out")
    }
    let originals = file.backups().compactMap { Process.contents(of: $0) }
    let change: Registration.Removal
    do {
      change = try Registration.removed(
        target.name, of: target.client, from: contents, originals: originals, force: target.force)
    } catch .notRegistered {
      throw CommandFailure(
        "\(file.path): no entry '\(target.name)'; --name, --scope and --file choose another")
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    try target.finish(file, change, done: "Took '\(target.name)' out of")
  }
}
