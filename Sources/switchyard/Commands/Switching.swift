import ArgumentParser
import Glibc
import Manifest
import RawJSON
import Store

/// `switchyard enable`: the service is served again, now and later.
struct Enable: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a service again that was switched off.",
    discussion: """
      Tells every gateway that runs, and keeps it in the state file. Exit codes:
      0 done, 1 there is no such service, or a gateway could not be told.

      EXAMPLES
        switchyard enable git
      """)

  @Argument(help: "The service's name.", completion: ServiceNames.completion)
  var service: String

  @OptionGroup var folders: FolderOptions

  func run() throws { try ServiceSwitch(service: service, isOn: true, folders: folders).turn() }
}

/// `switchyard disable`: the service is served no more until it is enabled.
struct Disable: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a service no more, without touching its manifest.",
    discussion: """
      Tells every gateway that runs, and keeps it in the state file. Calls that the
      service has are answered; then it is stopped, and its tools vanish from the
      clients' lists. Exit codes: 0 done, 1 there is no such service, or a gateway
      could not be told.

      EXAMPLES
        switchyard disable git
        switchyard enable git
      """)

  @Argument(help: "The service's name.", completion: ServiceNames.completion)
  var service: String

  @OptionGroup var folders: FolderOptions

  func run() throws { try ServiceSwitch(service: service, isOn: false, folders: folders).turn() }
}

/// `switchyard reload`: the configuration is read anew.
struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have the gateways that run read the configuration anew.",
    discussion: """
      Gateways notice changed files by themselves; this is for folders that cannot
      be watched, and to see what happened. Exit codes: 0 done, 1 something in the
      configuration cannot be used, or a gateway could not be told.

      EXAMPLES
        switchyard reload
        switchyard check --diff     Only say what it would do.
      """)

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    let reports = ReloadReport.ask("reload", state: paths.state)
    Terminal.output.write(reports.map(\.text).joined())
    if reports.isEmpty { Terminal.output.write("no gateway is running\n") }
    if reports.contains(where: \.isBadNews) { throw ExitCode(ExitStatus.badNews.rawValue) }
  }
}

/// Switches a service on or off everywhere.
struct ServiceSwitch {
  let service: String
  let isOn: Bool
  let folders: FolderOptions

  private var word: String { isOn ? "enable" : "disable" }

  func turn() throws {
    let paths = try folders.paths()
    let configuration = folders.load(paths)
    let gateways = ControlClient.all(in: paths.state)
    // A gateway that runs may serve another folder.
    guard configuration.services.contains(where: { $0.name == service }) || !gateways.isEmpty
    else { throw unknown(configuration) }
    let store: StateStore
    do {
      store = try StateStore(directory: paths.state)
    } catch {
      throw CommandFailure("the state file cannot be used: \(error)")
    }
    var told = 0
    var troubles: [String] = []
    for gateway in gateways {
      do throws(ControlClient.Failure) {
        let command: JSONValue = ["command": .string(word), "service": .string(service)]
        _ = try gateway.ask(command)
        told += 1
      } catch {
        troubles.append("gateway \(gateway.address.pid): \(error)")
      }
    }
    let isKnown = told > 0 || configuration.services.contains { $0.name == service }
    guard isKnown else { throw unknown(configuration) }
    guard store.turn(service, on: isOn, now: Int64(time(nil))) else {
      throw CommandFailure("the state file could not be written, so it holds for now only")
    }
    let state = isOn ? "on" : "off"
    Terminal.output.write(
      "\(service) is \(state)\(told == 0 ? "" : "; told \(told) gateway\(told == 1 ? "" : "s")")\n")
    for trouble in troubles { Terminal.error.write("switchyard: \(trouble.printable())\n") }
    if !troubles.isEmpty { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  private func unknown(_ configuration: Configuration) -> CommandFailure {
    let names = configuration.services.map(\.name).joined(separator: ", ")
    return CommandFailure(
      "there is no service '\(service.printable())'; there "
        + (names.isEmpty ? "is none at all" : "are \(names.printable())"))
  }
}
