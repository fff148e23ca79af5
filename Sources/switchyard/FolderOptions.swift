import ArgumentParser
import Manifest
import Provision

/// `--config` and `--state`, which every command that needs a folder takes.
struct FolderOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder of gateway.yaml and manifests/.",
      discussion: "Otherwise $XDG_CONFIG_HOME/switchyard, otherwise ~/.config/switchyard.",
      valueName: "dir"), completion: .directory)
  var config: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder of the state file.",
      discussion: "Otherwise $XDG_STATE_HOME/switchyard, otherwise ~/.local/state/switchyard.",
      valueName: "dir"), completion: .directory)
  var state: String?

  /// The folders meant, absolute.
  func paths() throws -> ConfigurationPaths {
    do {
      return try ConfigurationPaths(
        config: config, state: state, environment: Process.environment,
        workingDirectory: Process.workingDirectory)
    } catch {
      throw CommandFailure("\(error)", .usage)
    }
  }

  /// What the folders say, read as the gateway reads it.
  func load(_ paths: ConfigurationPaths) -> Configuration {
    var configuration = Configuration.load(
      directory: paths.configuration, isExplicit: paths.isConfigurationExplicit,
      isGuarded: !paths.isConfigurationExplicit,
      pluginDirectories: Installation.pluginDirectories, environment: Process.environment)
    configuration.placeEnvironments(in: paths.state)
    return configuration
  }

  /// The gateway with the same folders.
  ///
  /// - Parameter profile: what it shows.
  func gateway(profile: String? = nil) throws -> GatewayCommand {
    let paths = try paths()
    var arguments: [String] = []
    // A folder that was not asked for stays unsaid: then it may be missing.
    if paths.isConfigurationExplicit { arguments += ["--config", paths.configuration] }
    arguments += ["--state", paths.state]
    if let profile { arguments += ["--profile", profile] }
    return GatewayCommand(executable: try Installation.gateway(), arguments: arguments)
  }
}

/// How to launch the gateway.
struct GatewayCommand {
  /// Absolute path.
  var executable: String
  var arguments: [String]
}

/// Where the parts of Switchyard lie, seen from this executable.
enum Installation {
  /// The absolute path of `switchyard-gateway`.
  static func gateway() throws -> String {
    if let path = Process.companion("switchyard-gateway") { return path }
    throw CommandFailure(
      "switchyard-gateway is neither beside this command nor on PATH; install both together",
      .gateway)
  }

  /// The folders of installed plugins: `PREFIX/share/switchyard/plugins` for `PREFIX/bin`.
  static var pluginDirectories: [String] {
    guard let own = Process.companion("switchyard-gateway") else { return [] }
    let parts = own.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    return [parts.joined(separator: "/") + "/share/switchyard/plugins"]
  }
}
