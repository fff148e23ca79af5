import Glibc
import Loop

/// One entry of the desktop's keyring, reached by `secret-tool` of libsecret.
///
/// The value goes over stdin and stdout, never over a command line. A keyring that is locked may ask
/// the person; whoever asks us says how long that may take, for each of the programs that are run
/// (two for a look-up, three for a test). Without a session bus none is run.
package struct Keyring: Sendable {
  package enum Failure: Error, Hashable, Sendable {
    case noProgram
    case noBus
    case notThere
    /// It has the entry and does not give it.
    case locked
    /// It did not answer in time.
    case slow
    case tooLarge
    /// What it said, in one line.
    case refused(String)
  }

  private let environment: [String: String]
  private let path: String
  private var attributes: [String] { ["application", "switchyard", "login", path] }
  /// Nil where none was found.
  package let bus: SessionBus?

  private static let program = "secret-tool"
  /// What a program of the desktop wants to find it.
  private static let passed = [
    "PATH", "HOME", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR",
    "XDG_DATA_HOME",
  ]
  /// `secret-tool` takes 8191 bytes, cuts what is longer and says that all went well.
  package static let longest = 8190
  private static let outputLimit = 64 << 10

  /// The entry that belongs to a login.
  ///
  /// - Parameter bus: the address of the bus with which it was made, if that is known.
  package init(for login: LoginFile, environment: [String: String], bus: String? = nil) {
    self.init(path: login.path, environment: environment, SessionBus(environment, remembered: bus))
  }

  private init(path: String, environment: [String: String], _ bus: SessionBus?) {
    self.path = path
    self.environment = environment
    self.bus = bus
  }

  // MARK: The entry

  @EventLoop
  package func lookUp(
    within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    run(["lookup"] + attributes, within: patience) { result in
      let value = result.map { output in
        Array(output[..<(output.lastIndex { $0 != 0x0A }.map { $0 + 1 } ?? 0)])
      }
      if case .success(let value) = value, !value.isEmpty { return done(.success(value)) }
      if case .failure(let failure) = value, failure != .notThere { return done(.failure(failure)) }
      // It also says nothing where the keyring stayed locked.
      look(within: patience) { why in done(.failure(why ?? .notThere)) }
    }
  }

  /// Why the entry would not be given, without asking the person; nil if it would.
  @EventLoop
  package func look(
    within patience: Duration, _ done: @escaping @EventLoop (Failure?) -> Void
  ) {
    run(["search"] + attributes, within: patience) { result in
      switch result {
      case .failure(let failure): done(failure)
      case .success(let output):
        // An entry begins with its path in brackets; that of a locked keyring has no secret.
        guard output.first == UInt8(ascii: "[") else { return done(.notThere) }
        let lines = output.split(separator: 0x0A)
        done(lines.contains { $0.starts(with: "secret = ".utf8) } ? nil : .locked)
      }
    }
  }

  /// Replaces what is there; line feeds at its end are not part of a value.
  @EventLoop
  package func store(
    _ value: [UInt8], label: String, within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    guard value.count <= Self.longest else {
      return EventLoop.atEndOfTurn { done(.failure(.tooLarge)) }
    }
    run(["store", "--label=" + label] + attributes, input: value, within: patience, done)
  }

  @EventLoop
  package func clear(
    within patience: Duration, _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    run(["clear"] + attributes, within: patience, done)
  }

  /// Keeps a word, asks for it and removes it, under another name; nil if all of it works.
  @EventLoop
  package func test(
    within patience: Duration, _ done: @escaping @EventLoop (Failure?) -> Void
  ) {
    let trial = Keyring(path: path + ".test", environment: environment, bus)
    let word = Array("works".utf8)
    trial.store(word, label: "Switchyard: test", within: patience) { stored in
      if case .failure(let failure) = stored { return done(failure) }
      trial.lookUp(within: patience) { found in
        trial.clear(within: patience) { cleared in
          switch (found, cleared) {
          case (.failure(let failure), _), (_, .failure(let failure)): done(failure)
          case (.success(let value), _): done(value == word ? nil : .notThere)
          }
        }
      }
    }
  }

  // MARK: The program

  @EventLoop
  private func run(
    _ words: [String], input: [UInt8] = [], within patience: Duration,
    _ done: @escaping @EventLoop (Result<[UInt8], Failure>) -> Void
  ) {
    guard let executable else { return EventLoop.atEndOfTurn { done(.failure(.noProgram)) } }
    // Without one, libraries of D-Bus may start one of their own.
    guard let bus else { return EventLoop.atEndOfTurn { done(.failure(.noBus)) } }
    let variables =
      Self.passed.compactMap { name in environment[name].map { "\(name)=\($0)" } }
      + ["\(SessionBus.variable)=\(bus.address)"]
    let spec = ChildSpec(
      executable: executable, arguments: [Self.program] + words, environment: variables)
    do throws(SpawnError) {
      try ProgramRun(spec, input: input, patience: patience, outputLimit: Self.outputLimit) {
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
    case .noBus:
      "cannot be reached: there is no session bus, neither in $DBUS_SESSION_BUS_ADDRESS nor at "
        + "'/run/user/\(geteuid())/bus'"
    case .notThere: "does not hold the login"
    case .locked: "is locked; unlock it"
    case .slow: "did not answer in time; it may be asking on the screen, or be locked"
    case .tooLarge: "takes \(Keyring.longest) bytes and the login is larger"
    case .refused(let why): "refused: \(why)"
    }
  }
}
