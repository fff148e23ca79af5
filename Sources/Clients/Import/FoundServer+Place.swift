extension FoundServer {
  /// The server as somebody runs it who stands in `folder`: what it says relative to that becomes
  /// absolute, and `${workspaceFolder}` is that.
  ///
  /// - Parameters:
  ///   - folder: absolute.
  ///   - always: it is run there whatever it says, as clients do with the servers of a project;
  ///     otherwise where one of its arguments names something that is there.
  ///   - exists: whether there is anything at an absolute path.
  package func placed(
    in folder: String, always: Bool, exists: (_ path: String) -> Bool
  ) -> FoundServer {
    var server = self
    switch way {
    case .remote(var endpoint):
      endpoint.url = endpoint.url.following(folder)
      server.way = .remote(endpoint)
    case .process(var launch):
      launch.arguments = launch.arguments.map { $0.following(folder) }
      for index in launch.environment.indices {
        launch.environment[index].value = launch.environment[index].value.following(folder)
      }
      launch.command = launch.command.following(folder)
      if let path = launch.command.literal, path.contains("/"), Self.isRelative(path) {
        launch.command = FoundText(Self.joined(folder, path))
      }
      if let directory = launch.directory?.following(folder) {
        let path = directory.literal
        launch.directory =
          path.map { Self.isRelative($0) ? FoundText(Self.joined(folder, $0)) : directory }
          ?? directory
      } else if always || launch.arguments.contains(where: { names($0, in: folder, exists) }) {
        launch.directory = FoundText(folder)
      }
      server.way = .process(launch)
    }
    return server
  }

  /// A path of what it starts that says something only to who knows where the client ran it.
  package var relativePath: String? {
    guard case .process(let launch) = way else { return nil }
    let command = launch.command.literal.flatMap { $0.contains("/") ? $0 : nil }
    return [command, launch.directory?.literal].compactMap { $0 }.first { Self.isRelative($0) }
  }

  /// Whether an argument, or the value of an option, is a path from there.
  private func names(
    _ argument: FoundText, in folder: String, _ exists: (_ path: String) -> Bool
  ) -> Bool {
    guard let text = argument.literal else { return false }
    let isOption = text.utf8.first == UInt8(ascii: "-")
    let value = text.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
    guard let path = isOption ? value : text, Self.isRelative(path) else { return false }
    return exists(Self.joined(folder, path))
  }

  private static func isRelative(_ path: String) -> Bool {
    guard let first = path.utf8.first else { return false }
    return first != UInt8(ascii: "/") && first != UInt8(ascii: "~")
  }

  private static func joined(_ folder: String, _ path: String) -> String {
    let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    if rest.isEmpty || rest == "." { return folder }
    return folder == "/" ? "/" + rest : folder + "/" + rest
  }
}

extension FoundText {
  /// With the folder for `${workspaceFolder}`.
  fileprivate func following(_ folder: String) -> FoundText {
    guard parts.contains(.foreign("workspaceFolder")) else { return self }
    var result = FoundText("")
    for part in parts {
      result.append(part == .foreign("workspaceFolder") ? .literal(folder) : part)
    }
    return result
  }
}
