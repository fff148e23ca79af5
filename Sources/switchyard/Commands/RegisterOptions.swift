import ArgumentParser
import Clients

/// Which entry of which file is meant; `register` and `unregister` say it alike.
struct RegisterOptions: ParsableArguments {
  @Argument(
    help:
      "The client: \(Client.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var client: Client

  @Option(help: "The name under which the client shows the gateway.")
  var name: String = "switchyard"

  @Option(
    help: ArgumentHelp(
      "The client's configuration file, instead of its usual place.", valueName: "path"),
    completion: .file(extensions: ["json"]))
  var file: String?

  @Option(help: "Whose configuration: the user's, or that of the project in this folder.")
  var scope: Client.Scope = .user

  @Flag(help: "Touch an entry of that name even if it launches something else.")
  var force = false

  @Flag(name: .long, help: "Show what would change, and change nothing.")
  var dryRun = false

  func validate() throws {
    let isLegal = name.utf8.allSatisfy { byte in
      byte == 0x2D || byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
    guard isLegal, (1...64).contains(name.utf8.count) else {
      throw ValidationError("--name takes 1 to 64 of A-Z a-z 0-9 _ -")
    }
  }

  /// The path of the file that is meant.
  func path() throws -> String {
    if let file { return Process.absolute(file) }
    guard
      let places = ClientPlaces(
        environment: Process.environment, project: Process.workingDirectory)
    else { throw CommandFailure("HOME is not an absolute path; name the file with --file", .usage) }
    guard let path = client.file(scope: scope, in: places) else {
      throw CommandFailure(
        "\(client.title) has no configuration per project; leave out --scope", .usage)
    }
    return path
  }

  /// Shows the change, or makes it and says where the old bytes are.
  func finish(_ file: ConfigFile, _ change: Registration.Removal, done: String) throws {
    let text: [UInt8]
    if case .write(let bytes) = change { text = bytes } else { text = [] }
    if dryRun { return Terminal.output.write(difference(from: file, to: text)) }
    let backup: String?
    do {
      backup = change == .deleteFile ? try file.remove() : try file.replace(with: text)
    } catch {
      throw CommandFailure("\(error)")
    }
    Terminal.output.write("\(done) \(file.path)\n")
    if let backup { Terminal.output.write("The file as it was: \(backup)\n") }
    Terminal.output.write(client.afterwards + "\n")
  }

  private func difference(from file: ConfigFile, to text: [UInt8]) -> String {
    let difference = TextDifference(from: file.contents ?? [], to: text)
    var output = "--- \(file.contents == nil ? "/dev/null" : file.target)\n+++ \(file.target)\n"
    output += "@@ line \(difference.start) @@\n"
    for line in difference.lines {
      switch line {
      case .same(let text): output += " \(text.printable(keepsLines: true))\n"
      case .removed(let text):
        output += Terminal.output.styled("-\(text.printable(keepsLines: true))", .red) + "\n"
      case .added(let text):
        output += Terminal.output.styled("+\(text.printable(keepsLines: true))", .green) + "\n"
      }
    }
    return output
  }

  func open() throws -> ConfigFile {
    do { return try ConfigFile(path: try path()) } catch let error as ConfigFileError {
      throw CommandFailure("\(error)")
    }
  }
}

extension Client: ExpressibleByArgument {}
extension Client.Scope: ExpressibleByArgument {}
