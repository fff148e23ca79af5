import Glibc
import YAML

/// Why a command could not be started, as far as the file system tells without starting it.
package enum CommandTrouble: Hashable, Sendable {
  /// A name without a slash that no folder of `PATH` has.
  case notInPath(String)
  case missing(String)
  case notExecutable(String)
  case isFolder(String)
  /// The first line of a script names a program that there is not.
  case noInterpreter(script: String, String)
  case noDirectory(String)
  /// Its environment of Python was not made yet.
  case notBuilt
  /// Its environment is to be made from a file that there is not.
  case noLock(String)
}

extension CommandTrouble: CustomStringConvertible {
  /// A sentence without a full stop.
  package var description: String {
    switch self {
    case .notInPath(let command): "the command \(quoted(command)) is not in PATH"
    case .missing(let path): "there is no file \(quoted(path))"
    case .notExecutable(let path): "the file \(quoted(path)) may not be executed"
    case .isFolder(let path): "\(quoted(path)) is a folder and no program"
    case .noInterpreter(let script, let program):
      "the script \(quoted(script)) needs \(quoted(program)), which there is not"
    case .noDirectory(let path): "the folder \(quoted(path)) to run it in does not exist"
    case .notBuilt: "its environment of Python is not built yet"
    case .noLock(let path): "there is no lock file \(quoted(path))"
    }
  }

  /// What to do about it.
  package var advice: String {
    switch self {
    case .notInPath: "install it, or write its full path in 'process.command'"
    case .missing: "correct 'process.command', or install it"
    case .notExecutable: "make it executable with chmod +x"
    case .isFolder: "name the program in 'process.command'"
    case .noInterpreter: "install the interpreter, or correct the first line of the script"
    case .noDirectory: "correct 'process.directory', or make the folder"
    case .notBuilt: "'switchyard prepare' builds it, as its first start does"
    case .noLock: "'switchyard prepare --lock' writes it"
    }
  }
}

extension ProcessSpec {
  /// What a process gets where nobody says otherwise.
  package static let usualPath = "/usr/local/bin:/usr/bin:/bin"

  /// The `PATH` that its process will have; `inherited` is the environment of the gateway.
  package func searchPath(inherited: [String: String]) -> String {
    let path =
      environment.last { $0.name == "PATH" }?.value.exposed ?? inherited["PATH"] ?? Self.usualPath
    return ownPrograms.map { $0 + ":" + path } ?? path
  }

  /// The file that a command names: a path as it is, a bare name as found in `path`; nil if it is
  /// not there.
  package static func locate(_ command: String, path: String) -> String? {
    if command.utf8.contains(UInt8(ascii: "/")) { return command }
    for directory in path.utf8.split(separator: UInt8(ascii: ":")) where !directory.isEmpty {
      let candidate = String(decoding: directory, as: UTF8.self) + "/" + command
      if access(candidate, X_OK) == 0, mode(of: candidate) == S_IFREG { return candidate }
    }
    return nil
  }

  /// The first reason found why the process could not be started; nil if there is none.
  package func trouble(inherited: [String: String]) -> CommandTrouble? {
    if let trouble = environmentTrouble { return trouble }
    let path = searchPath(inherited: inherited)
    guard let file = Self.locate(command, path: path) else { return .notInPath(command) }
    guard let kind = Self.mode(of: file) else { return .missing(file) }
    if kind == S_IFDIR { return .isFolder(file) }
    guard access(file, X_OK) == 0 else { return .notExecutable(file) }
    if let program = Self.interpreter(of: file, path: path) {
      return .noInterpreter(script: file, program)
    }
    return Self.mode(of: directory) == S_IFDIR ? nil : .noDirectory(directory)
  }

  private static func mode(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// The interpreter of a script, or the program that `env` is to find, if it is not there.
  private static func interpreter(of script: String, path: String) -> String? {
    guard let words = scriptWords(of: script), let program = words.first else { return nil }
    guard access(program, X_OK) == 0 else { return program }
    guard let name = nameForEnv(words) else { return nil }
    return locate(name, path: path) == nil ? name : nil
  }

  /// The words after `#!` in the first line of a script; nil if the file is none.
  package static func scriptWords(of file: String) -> [String]? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &start, start.count)
    guard count > 2, start.starts(with: Array("#!".utf8)) else { return nil }
    let line = start[2..<count].prefix { $0 != UInt8(ascii: "\n") }
    return line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// What `env` in the first line of a script is to find; nil if the line names no `env`.
  package static func nameForEnv(_ words: [String]) -> String? {
    guard let first = words.first, FilePath.name(of: first) == "env" else { return nil }
    return words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") }
  }
}

extension ServiceManifest {
  /// Why its process could not be started, as a warning at its command; nil if nothing is known
  /// against it, and for what is reached over HTTP.
  package func commandWarning(inherited: [String: String]) -> Diagnostic? {
    guard rest == nil, remote == nil, let trouble = process.trouble(inherited: inherited)
    else { return nil }
    return Diagnostic(
      "\(trouble); \(trouble.advice)", in: file, at: commandPosition, severity: .warning)
  }
}
