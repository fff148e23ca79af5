import ArgumentParser
import Clients
import Manifest

/// `switchyard add`: makes manifests of servers that are described elsewhere.
struct Add: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a manifest for a server that is described elsewhere.",
    discussion: """
      WHAT is a name and a command behind '--'; a name and a URL, or a URL alone; or
      a file: a client's configuration (mcpServers, or servers of VS Code), a
      server.json of the MCP registry, or an .mcpb bundle, which may also lie at a
      URL (https). Of a configuration all servers are taken, or those named before it.

      Shows the exact command or URL and the names of variables and headers, and
      asks before it writes. Values that look secret go into the secrets folder,
      mode 0600. A server that is there just so is not added again; one whose name
      belongs to another gets a number behind it, unless --name or --replace says
      otherwise. A bundle is unpacked in the state folder; its digest and who has
      signed it are shown, as far as 'openssl' can verify it, and a bundle that was
      changed after it was signed is refused. Nothing is started.
      Exit codes: 0 written, 1 something was not, 2 used wrongly.

      EXAMPLES
        switchyard add time -- uvx mcp-server-time
        switchyard add github --env GITHUB_TOKEN=ghp_x -- npx -y some-server
        switchyard add linear https://mcp.linear.app/mcp
        switchyard add hub https://hub.example/mcp --bearer - --header X-Team=core
        switchyard add ~/.cursor/mcp.json
        switchyard add server.json --set API_KEY=x --yes
        switchyard add files.mcpb --set allowed_directories=/home/me/notes
        switchyard add https://files.example/files.mcpb
        switchyard add time --replace -- uvx mcp-server-time --local-timezone UTC
      """)

  @Argument(
    help: ArgumentHelp("A name, a URL or a file, as told above.", valueName: "what"),
    completion: .file(extensions: ["json", "mcpb", "dxt"]))
  var what: [String] = []

  @Option(
    help: ArgumentHelp("The file, where it has an unusual name.", valueName: "file"),
    completion: .file(extensions: ["json", "mcpb", "dxt"]))
  var from: String?

  @Option(help: ArgumentHelp("The name of the service, where there is one server."))
  var name: String?

  @Flag(help: "Replace a service of the same name, with its secrets.")
  var replace = false

  @Option(help: ArgumentHelp("A variable for the command. Repeatable.", valueName: "name=value"))
  var env: [String] = []

  @Option(
    help: ArgumentHelp("A header for the server at a URL. Repeatable.", valueName: "name=value"))
  var header: [String] = []

  @Option(
    help: ArgumentHelp(
      "The token for the server at a URL; - reads it from standard input.", valueName: "token"))
  var bearer: String?

  @Option(help: "What the server at a URL speaks: auto and http ask it, sse is HTTP+SSE of 2024.")
  var transport: RemoteTransport = .auto

  @Option(
    help: ArgumentHelp(
      "The answer to something that the file asks for. Repeatable.", valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "Ask the server at a URL once whether it wants a login.")
  var probe = false

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    let source = try AddSource(self, state: paths.state)
    let placement = Placement(
      in: paths.configuration, known: folders.load(paths).services.map(\.name),
      replaces: replace, advice: Self.adviceOnNames)
    var adoption = Adoption(
      source.servers, left: source.left, asking: try Answers(set, isInteractive: !yes),
      into: paths.configuration, placement)
    adoption.check(isPending: source.bundle?.isUnpacked == false)
    adoption.show()
    guard !adoption.items.isEmpty else { throw CommandFailure("there is nothing to add") }
    let lacksFiles = source.bundle?.isUnpacked == false
    if adoption.hasNews || lacksFiles {
      if !yes {
        try Self.ask(adoption.hasNews ? "Write \(adoption.newManifests)?" : "Unpack it again?")
      }
      try source.bundle?.unpack()
      try adoption.write()
    } else {
      Terminal.output.write("Nothing was written: all of it is there.\n")
    }
    try tellOfLogins(adoption)
    if !adoption.left.isEmpty { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  private static let adviceOnNames =
    "; --name gives it another name, --replace puts it in the place of that one"

  private func tellOfLogins(_ adoption: Adoption) throws {
    for item in adoption.items where item.manifest.mayWantLogin {
      let login = "switchyard login \(item.manifest.name)"
      guard probe else {
        Terminal.output.write("If it wants a login: \(login)\n")
        continue
      }
      Terminal.output.write(LoginProbe.outcome(of: item.manifest.line).text(login) + "\n")
    }
  }

  /// Asks whether to write.
  ///
  /// - Throws: where the answer is another one than yes, or there is none.
  static func ask(_ question: String) throws {
    Terminal.output.write("\(question) [y/N] ")
    guard let answer = readLine()?.lowercased() else {
      Terminal.output.write("\n")
      throw CommandFailure("nothing was written: nobody answered; --yes does not ask")
    }
    guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was written") }
  }
}

/// What `--transport` takes.
enum RemoteTransport: String, CaseIterable, ExpressibleByArgument { case auto, http, sse }
