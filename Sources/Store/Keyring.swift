import Glibc
import Loop

/// One entry of the desktop's keyring, reached by `secret-tool` of libsecret.
///
/// The value goes over stdin and stdout, never over a command line. A keyring that is locked may ask
/// the person; whoever asks us says how long that may take.
package struct Keyring: Sendable {
  package enum Failure: Error, Hashable, Sendable {
    case noProgram
    case notThere
    /// It did not answer in time.
    case slow
    /// What it said, in one line.
    case refused(String)
  }

  private let environment: [String: String]
  private let attributes: [String]

  private static let program = "secret-tool"
  /// What a program of the desktop wants to find it.
  private static let passed = [
    "PATH", "HOME", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR",
    "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS",
  ]
  /// No login is larger.
  private static let longest = 64 << 10

  /// The entry that belongs to a login.
  package init(for login: LoginFile, environment: [String: String]) {
    self.environment = environment
    attributes = ["application", "switchyard", "login", login.path]
  }

  // MARK: The entry

  @EventLoop
  package func lookUp(
    within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    run(["lookup"] + attributes, within: patience) { result in
      done(
        result.flatMap { output in
          let end = output.lastIndex { $0 != 0x0A }.map { $0 + 1 } ?? 0
          let value = output[..<end]
          return value.isEmpty ? .failure(.notThere) : .success(Array(value))
        })
    }
  }

  /// Replaces what is there; line feeds at its end are not part of a value.
  @EventLoop
  package func store(
    _ value: [UInt8], label: String, within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    run(["store", "--label=" + label] + attributes, input: value, within: patience, done)
  }

  @EventLoop
  package func clear(
    within patience: Duration, _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    run(["clear"] + attributes, within: patience, done)
  }

  // MARK: The program

  @EventLoop
  private func run(
    _ words: [String], input: [UInt8] = [], within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    guard let executable else { return EventLoop.atEndOfTurn { done(.failure(.noProgram)) } }
    let variables = Self.passed.compactMap { name in environment[name].map { "\(name)=\($0)" } }
    let spec = ChildSpec(
      executable: executable, arguments: [Self.program] + words, environment: variables)
    do throws(SpawnError) {
      try ProgramRun(spec, input: input, patience: patience, outputLimit: Self.longest) {
        done(Self.result(of: $0))
      }
    } catch {
      let why = "\(error)"
      EventLoop.atEndOfTurn { done(.failure(.refused(why))) }
    }
  }

  private var executable: String? {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.utf8.split(separator: UInt8(ascii: ":"))
    where folder.first == UInt8(ascii: "/") {
      let file = String(decoding: folder, as: UTF8.self) + "/" + Self.program
      if access(file, X_OK) == 0 { return file }
    }
    return nil
  }

  private static func result(of outcome: ProgramRun.Outcome) -> Result<[UInt8], Failure> {
    if outcome.isCutShort { return .failure(.slow) }
    if outcome.status == .exited(0) { return .success(outcome.output) }
    let line = outcome.errors.prefix { $0 != 0x0A }.prefix(200)
    // It says nothing where an entry is not there.
    if line.isEmpty, case .exited = outcome.status { return .failure(.notThere) }
    let text = String(decoding: line, as: UTF8.self)
    return .failure(.refused(text.isEmpty ? "\(outcome.status)" : text))
  }
}

extension Keyring.Failure: CustomStringConvertible {
  /// What follows 'the keyring'.
  package var description: String {
    switch self {
    case .noProgram: "cannot be reached: there is no 'secret-tool' (Debian: libsecret-tools)"
    case .notThere: "does not hold the login"
    case .slow: "did not answer in time; unlock it"
    case .refused(let why): "refused: \(why)"
    }
  }
}
