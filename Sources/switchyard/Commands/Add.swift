import ArgumentParser
import Clients
import Glibc
import Manifest

/// `switchyard add`: makes manifests of servers that are described elsewhere.
struct Add: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a manifest for a server that is described elsewhere.",
    discussion: """
      Shows the exact command and the names of its variables, and asks before it
      writes a manifest. Values that look secret go into the secrets folder, mode
      0600. FILE is a client's configuration (mcpServers, or servers of VS Code) or a
      server.json of the MCP registry; of it all servers are taken, or those named.
      Exit codes: 0 written, 1 something was not.

      EXAMPLES
        switchyard add time -- uvx mcp-server-time
        switchyard add github --env GITHUB_TOKEN=ghp_x -- npx -y some-server
        switchyard add --from ~/.cursor/mcp.json
        switchyard add --from server.json --yes
      """)

  @Argument(help: "The service's name; with --from, the servers to take.")
  var names: [String] = []

  @Option(
    help: ArgumentHelp("The file that describes the servers.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var from: String?

  @Option(help: ArgumentHelp("A variable for the server. Repeatable.", valueName: "name=value"))
  var env: [String] = []

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    let (servers, left) = try found()
    var taken = Set(folders.load(paths).services.map(\.name))
    var manifests: [ServerManifest] = []
    for server in servers {
      let manifest = ServerManifest(server, taken: taken)
      taken.formUnion([manifest.name] + manifest.secrets.map(\.name))
      manifests.append(manifest)
      Self.show(server, as: manifest)
    }
    for server in left {
      Terminal.error.write(
        "'\(server.name)' is left out: \(server.why)\n".printable(keepsLines: true))
    }
    guard !manifests.isEmpty else { throw CommandFailure("there is nothing to add") }
    guard yes || Self.agrees(count: manifests.count) else {
      throw CommandFailure("nothing was written")
    }
    for manifest in manifests { try Self.write(manifest, into: paths.configuration) }
    if !left.isEmpty { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  private func found() throws -> (servers: [FoundServer], left: [LeftServer]) {
    guard let from else { return ([try onCommandLine()], []) }
    guard let text = Process.contents(of: from) else {
      throw CommandFailure("\(from): \(Process.lastError)")
    }
    let list: ServerList
    do throws(ServerList.Failure) { list = try ServerList(parsing: text) } catch {
      switch error {
      case .unreadable(let why): throw CommandFailure("\(from):\(why)")
      case .unknown:
        throw CommandFailure(
          "\(from) is no client's configuration with servers and no server.json of the registry")
      }
    }
    guard !names.isEmpty else { return (list.servers, list.left) }
    let servers = list.servers.filter { names.contains($0.name) }
    let left = list.left.filter { names.contains($0.name) }
    let known = Set(servers.map(\.name) + left.map(\.name))
    if let missing = names.first(where: { !known.contains($0) }) {
      throw CommandFailure("\(from) has no server '\(missing.printable())'")
    }
    return (servers, left)
  }

  private func onCommandLine() throws -> FoundServer {
    guard names.count == 1, let name = names.first, let command = ServerWords.words.first else {
      throw ValidationError("Give a name, and the command behind '--'; or a file with --from.")
    }
    var server = FoundServer(
      name: name, command: command, arguments: Array(ServerWords.words.dropFirst()))
    server.environment = try env.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw CommandFailure("--env takes NAME=VALUE, not '\(text.printable())'", .usage)
      }
      return FoundServer.Variable(name: String(parts[0]), value: String(parts[1]))
    }
    return server
  }

  // MARK: Asking

  private static func show(_ server: FoundServer, as manifest: ServerManifest) {
    var text = "\(manifest.name)\n  runs       \(server.commandLine)\n"
    if !server.environment.isEmpty {
      let names = server.environment.map(\.name).joined(separator: " ")
      text += "  variables  \(names)\n"
    }
    let secrets = manifest.secrets.map { "secrets/" + $0.name }.joined(separator: " ")
    if !secrets.isEmpty { text += "  secret     \(secrets)\n" }
    for note in manifest.notes { text += "  note       \(note)\n" }
    Terminal.output.write(text.printable(keepsLines: true))
  }

  private static func agrees(count: Int) -> Bool {
    let what = count == 1 ? "this manifest" : "these \(count) manifests"
    Terminal.output.write("Write \(what)? [y/N] ")
    guard let answer = readLine()?.lowercased() else { return false }
    return answer == "y" || answer == "yes"
  }

  // MARK: Writing

  private static func write(_ manifest: ServerManifest, into folder: String) throws {
    for secret in manifest.secrets {
      guard let value = secret.value else { continue }
      try write(value + "\n", to: folder + "/secrets/" + secret.name)
    }
    let file = folder + "/manifests/" + manifest.name + ".yaml"
    try write(manifest.text, to: file)
    Terminal.output.write("wrote \(file)\n")
  }

  /// Never over a file that somebody may have edited.
  private static func write(_ text: String, to path: String) throws {
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    try makeFolder("/" + parent)
    try NewFile.write(Array(text.utf8), to: path, mode: 0o600)
  }

  private static func makeFolder(_ path: String) throws {
    if Process.exists(path) { return }
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    if !parent.isEmpty { try makeFolder("/" + parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw CommandFailure("\(path): \(Process.lastError)")
    }
  }
}
