/// Where the configuration and the state are, decided alike by both commands.
package struct ConfigurationPaths: Hashable, Sendable {
  /// Why a folder could not be decided.
  package enum Failure: Error, Hashable, Sendable {
    /// The option was given with nothing in it.
    case emptyOption(String)
    /// Neither the option nor a variable that helps.
    case noHome(option: String, variable: String)
  }

  /// The folder of `gateway.yaml` and `manifests/`; absolute.
  package let configuration: String
  /// Whether `--config` was given: a missing folder is an error only then.
  package let isConfigurationExplicit: Bool
  /// The folder of the state file; absolute.
  package let state: String

  /// Decides from the options and the environment; reads nothing else.
  ///
  /// `--config`, else `$XDG_CONFIG_HOME/switchyard`, else `$HOME/.config/switchyard`;
  /// `--state`, else `$XDG_STATE_HOME/switchyard`, else `$HOME/.local/state/switchyard`.
  /// Relative values of the variables are ignored (XDG Base Directory Specification 0.8);
  /// relative options count from `workingDirectory`.
  package init(
    config: String?, state: String?, environment: [String: String], workingDirectory: String
  ) throws(Failure) {
    configuration = try Self.folder(
      config, option: "--config", variable: "XDG_CONFIG_HOME", underHome: ".config",
      environment, workingDirectory)
    isConfigurationExplicit = config != nil
    self.state = try Self.folder(
      state, option: "--state", variable: "XDG_STATE_HOME", underHome: ".local/state",
      environment, workingDirectory)
  }

  private static func folder(
    _ given: String?, option: String, variable: String, underHome: String,
    _ environment: [String: String], _ workingDirectory: String
  ) throws(Failure) -> String {
    if let given {
      guard !given.isEmpty else { throw .emptyOption(option) }
      return FilePath.absolute(given, in: workingDirectory)
    }
    if let base = environment[variable], base.utf8.first == UInt8(ascii: "/") {
      return FilePath.absolute("switchyard", in: base)
    }
    guard let home = environment["HOME"], home.utf8.first == UInt8(ascii: "/") else {
      throw .noHome(option: option, variable: variable)
    }
    return FilePath.absolute(underHome + "/switchyard", in: home)
  }
}

extension ConfigurationPaths.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyOption(let option): "\(option) needs the path of a folder"
    case .noHome(let option, let variable):
      "neither HOME nor \(variable) holds an absolute path; give \(option) DIR"
    }
  }
}
