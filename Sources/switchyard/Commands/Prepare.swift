import ArgumentParser
import Manifest
import Provision
import Store

/// `switchyard prepare`: makes the environments of services ahead of their first start.
struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Install what services are made of, ahead of their first start.",
    discussion: """
      For services whose manifest has process.python: each gets a virtual environment
      under the state folder, made by uv if that is in PATH, otherwise by python and
      pip. One that is there already is left as it is.
      Exit codes: 0 done, 1 something could not be made.

      EXAMPLES
        switchyard prepare
        switchyard prepare git --lock   Write the lock file of its manifest anew, first.
        switchyard prepare --clean      Remove what no manifest needs any more.
      """)

  @Argument(help: "Names of services; without any, all of them.")
  var services: [String] = []

  @Flag(help: "Write the lock files anew, with the versions of today.")
  var lock = false

  @Flag(help: "Remove environments that no manifest needs, of this folder and of running gateways.")
  var clean = false

  @OptionGroup var folders: FolderOptions

  func validate() throws {
    if clean && (lock || !services.isEmpty) {
      throw ValidationError("--clean takes no services and no --lock.")
    }
  }

  func run() throws {
    let paths = try folders.paths()
    let configuration = folders.load(paths)
    if clean { return try removeUnused(configuration, paths) }
    let wanted = try wantedServices(configuration)
    if wanted.isEmpty {
      return Terminal.output.write("no service has packages in process.python\n")
    }
    var hasFailed = false
    for manifest in wanted {
      do throws(EnvironmentFailure) {
        try prepare(manifest, paths)
      } catch {
        hasFailed = true
        Terminal.error.write("\(manifest.name): \(error.description.printable())\n")
      }
    }
    if hasFailed { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  /// Those that are named, or all; what is named and needs none is a mistake.
  private func wantedServices(_ configuration: Configuration) throws -> [ServiceManifest] {
    let all = configuration.ready.filter(\.process.usesPython)
    guard !services.isEmpty else { return all }
    return try services.map { name in
      if let manifest = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
        return manifest
      }
      let isKnown = configuration.services.contains { $0.name.utf8.elementsEqual(name.utf8) }
      throw CommandFailure(
        isKnown
          ? "the service '\(name.printable())' is off, or its manifest has no process.python"
          : "there is no service '\(name.printable())'; see switchyard list services")
    }
  }

  private func prepare(
    _ manifest: ServiceManifest, _ paths: ConfigurationPaths
  ) throws(EnvironmentFailure) {
    var python = manifest.process.python
    func builder() -> EnvironmentBuilder {
      EnvironmentBuilder(python, inherited: Process.environment) { words in
        Terminal.error.write("\(manifest.name): \(words.printable())\n")
      }
    }
    if lock {
      guard !python.lock.isEmpty else {
        throw EnvironmentFailure("write lock: \(manifest.name).lock under process.python first")
      }
      let count = try builder().writeLock()
      Terminal.output.write(
        "\(manifest.name): \(count) package\(count == 1 ? "" : "s") in \(python.lock.printable())\n"
      )
      // What is in the lock file decides where the environment is.
      python.place(in: paths.state)
    }
    let isNew = try builder().build()
    Terminal.output.write(
      "\(manifest.name): \(isNew ? "built" : "was built already"), "
        + "\((python.folder ?? "").printable())\n")
  }

  private func removeUnused(_ own: Configuration, _ paths: ConfigurationPaths) throws {
    var configurations = [own]
    for gateway in StateSnapshot(folder: paths.state).gateways
    where gateway.configuration != paths.configuration {
      var other = Configuration.load(
        directory: gateway.configuration, pluginDirectories: Installation.pluginDirectories,
        environment: Process.environment)
      other.placeEnvironments(in: paths.state)
      configurations.append(other)
    }
    // What a manifest that cannot be read needs is not known.
    let broken = configurations.flatMap(\.services).first { !$0.reasons.isEmpty }
    if let broken {
      throw CommandFailure(
        "the service '\(broken.name.printable())' is off, so nobody knows what it needs; "
          + "see switchyard check")
    }
    guard configurations.allSatisfy(\.isUsable) else {
      throw CommandFailure("a configuration cannot be read; see switchyard check")
    }
    let shelf = EnvironmentShelf(state: paths.state)
    let unused = shelf.unused(by: configurations)
    for folder in unused where shelf.remove(folder) {
      Terminal.output.write("removed \(folder.printable())\n")
    }
    if unused.isEmpty { Terminal.output.write("nothing is unused\n") }
  }
}
