import ArgumentParser
import Manifest
import RawJSON

/// `switchyard list`: what clients see.
struct List: ParsableCommand {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case tools, prompts, resources, services
  }

  static let configuration = CommandConfiguration(
    abstract: "Show the tools, prompts, resources or services on offer.",
    discussion: """
      Asks the gateway, as a client would; 'services' are read from the configuration
      and the state file.
      Services that cannot be asked are told on standard error, with the reason.

      EXAMPLES
        switchyard list
        switchyard list prompts
        switchyard list tools --json | jq '.[].name'
        switchyard list --profile cursor
      """)

  @Argument(help: "What to show.")
  var kind: Kind = .tools

  @Flag(help: "Print a JSON array, with everything the gateway says.")
  var json = false

  @Option(help: ArgumentHelp("The longest wait in seconds.", valueName: "seconds"))
  var timeout: Double = 60

  @OptionGroup var profile: ProfileOptions

  @OptionGroup var folders: FolderOptions

  func run() throws {
    if kind == .services { return try showServices() }
    let items: [JSONValue]
    var troubles: [String] = []
    do {
      let client = try GatewayClient(try folders.gateway(profile: profile.profile))
      defer { client.close() }
      let (method, member) = request
      defer { troubles = client.troubles }
      items = try client.list(method, member, timeout: timeout)
    } catch GatewayClientError.refused(-32601, _, _) {
      items = []
    } catch let error as GatewayClientError {
      throw CommandFailure("\(error)", error.status)
    }
    try show(items)
    for trouble in troubles { Terminal.error.write(trouble.printable() + "\n") }
  }

  private var request: (method: String, member: String) {
    switch kind {
    case .prompts: ("prompts/list", "prompts")
    case .resources: ("resources/list", "resources")
    default: ("tools/list", "tools")
    }
  }

  private func show(_ items: [JSONValue]) throws {
    if json {
      return Terminal.output.write(JSONValue.array(items).serialized(pretty: true) + [0x0A])
    }
    var table = Table()
    for item in items {
      let name = item[kind == .resources ? "uri" : "name"]?.stringValue ?? ""
      let text = (item["description"] ?? item["name"])?.stringValue ?? ""
      table.rows.append([name.printable(), text.firstLine.printable()])
    }
    Terminal.output.write(table.text(width: Terminal.output.columnLimit))
    if items.isEmpty { try sayNone() }
  }

  private func sayNone() throws {
    let services = folders.load(try folders.paths()).services
    let next =
      services.isEmpty
      ? "No service is configured: 'switchyard add --help' tells how to add one."
      : "'switchyard status' shows what is known of each service."
    Terminal.error.write("No \(kind.rawValue). \(next)\n")
  }

  private func showServices() throws {
    let paths = try folders.paths()
    let switchedOff = StateSnapshot(folder: paths.state).switchedOff
    let services = folders.load(paths).services.map {
      ServiceSummary($0, switchedOff: switchedOff)
    }
    if json {
      let list = JSONValue.array(services.map(\.json))
      return Terminal.output.write(list.serialized(pretty: true) + [0x0A])
    }
    var table = Table()
    for service in services {
      table.rows.append([service.name.printable(), service.state, service.text.printable()])
    }
    Terminal.output.write(table.text(width: Terminal.output.columnLimit))
    if services.isEmpty { try sayNone() }
  }
}

/// A service as lists of services show it.
struct ServiceSummary {
  var name: String
  var file: String
  /// `on`, `not-built` (its environment is made first), `no-command` (it cannot be started as things
  /// are), `switched-off` (by `switchyard disable`), `off` or `disabled`.
  var state: String
  /// The description, or why the service is off.
  var text: String

  /// Whether `text` says what keeps it from running.
  var isTold: Bool { ["no-command", "not-built", "switched-off"].contains(state) }

  /// - Parameter switchedOff: the names that the state file has.
  init(_ entry: ServiceEntry, switchedOff: [String]) {
    name = entry.name
    file = entry.file
    switch entry.state {
    case .ready(let manifest):
      let trouble = manifest.commandWarning(inherited: Process.environment)
      let isToBeBuilt = manifest.process.trouble(inherited: Process.environment) == .notBuilt
      state = trouble == nil ? "on" : isToBeBuilt ? "not-built" : "no-command"
      text = trouble?.message ?? manifest.description?.firstLine ?? manifest.place
    case .disabled(let manifest):
      state = "disabled"
      text = manifest.description?.firstLine ?? manifest.place
    case .off(let reasons):
      state = "off"
      text = reasons.first.map { "\($0)" } ?? ""
    }
    if case .ready = entry.state, switchedOff.contains(name) {
      state = "switched-off"
      text = "'switchyard enable \(name)' brings it back"
    }
  }

  var json: JSONValue {
    [
      "name": .string(name), "state": .string(state), "file": .string(file), "text": .string(text),
    ]
  }
}

extension ServiceManifest {
  /// What the service is: a program, or a host.
  fileprivate var place: String {
    (rest?.address ?? remote?.address)?.host ?? process.command
  }
}

extension String {
  var firstLine: String {
    String(decoding: utf8.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
  }
}

extension Terminal {
  /// Where tables are cut; nil when no person is looking.
  var columnLimit: Int? { isInteractive ? width : nil }
}
