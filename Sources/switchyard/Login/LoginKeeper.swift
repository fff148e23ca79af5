import Glibc
import Loop
import OAuth
import RawJSON
import Store

/// Where a login goes: the file of the service, or the keyring and a word about it in the file.
struct LoginKeeper {
  enum Choice {
    case file
    case keyring
    /// The keyring where it works and gateways will find it, else the file.
    case automatic
  }

  let file: LoginFile
  let service: String
  let choice: Choice
  /// How long somebody may take to unlock the keyring that is wanted.
  let patience: Duration

  /// The most that `patience` is, and what it is where nobody asked for the keyring.
  static let longPatience = Duration.seconds(60)
  static let shortPatience = Duration.seconds(3)
  /// From then on a person is told what is waited for.
  private static let silence = Duration.seconds(1)

  private func keyring(bus: String? = nil) -> Keyring {
    Keyring(for: file, environment: Process.environment, bus: bus)
  }

  // MARK: Keeping

  /// Logs in and keeps what comes of it; a keyring that does not work is noticed before.
  func keep(from flow: LoginFlow) throws(Refusal) -> Credential {
    let old = standing
    let (credential, keyring, lock) = try onLoop { await outcome(of: flow) }
    defer { withExtendedLifetime(lock) {} }
    let stored: StoredLogin =
      if let keyring {
        .keyring(service: credential.service, bus: keyring.bus?.address)
      } else {
        .here(credential)
      }
    do throws(LoginFile.Failure) {
      try file.write(stored.json.serialized())
    } catch {
      throw Refusal("\(file.path) \(error)")
    }
    // What the file does not lead to any more.
    if keyring == nil, case .keyring(_, let bus)? = old, let trouble = clear(bus) {
      Terminal.error.write("\(trouble)\n")
    }
    Terminal.error.write(
      keyring == nil ? "It is kept in \(file.path).\n" : "It is kept in the keyring.\n")
    return credential
  }

  @EventLoop
  private func outcome(
    of flow: LoginFlow
  ) async -> Result<(Credential, Keyring?, LoginLock?), Refusal> {
    let keyring: Keyring?
    do throws(Refusal) { keyring = try await chosen() } catch { return .failure(error) }
    let outcome = await flow.outcome()
    let lock = lock()
    guard let keyring, case .success(let credential) = outcome else {
      return outcome.map { ($0, nil, lock) }
    }
    let bytes = credential.json.serialized()
    let hint = hint()
    let stored = await withCheckedContinuation { continuation in
      keyring.store(bytes, label: "Switchyard: \(service)", within: patience) {
        continuation.resume(returning: $0)
      }
    }
    hint.stop()
    guard case .failure(let failure) = stored else { return .success((credential, keyring, lock)) }
    guard choice == .automatic else { return .failure(Self.refusal(failure)) }
    tell(failure)
    return .success((credential, nil, lock))
  }

  /// A gateway that renews the old login must not write over the new one; nil if it takes long.
  private func lock() -> LoginLock? {
    for _ in 0..<100 {
      do throws(LoginFile.Failure) {
        if let lock = try file.lock() { return lock }
      } catch {
        // Writing it says why.
        return nil
      }
      usleep(100_000)
    }
    return nil
  }

  /// The keyring that is used, after a test of it.
  @EventLoop
  private func chosen() async throws(Refusal) -> Keyring? {
    let keyring = keyring()
    let isWanted = choice == .keyring
    // One that is there for this session only is not taken unasked.
    guard isWanted || choice == .automatic && keyring.bus?.isLasting == true else { return nil }
    let patience = isWanted ? patience : Self.shortPatience
    let hint = hint()
    let failure = await withCheckedContinuation { continuation in
      keyring.test(within: patience) { continuation.resume(returning: $0) }
    }
    hint.stop()
    guard let failure else {
      if let bus = keyring.bus, !bus.isLasting {
        Terminal.error.write(
          "The keyring is behind '\(bus.address)', which gateways find while it lasts.\n")
      }
      return keyring
    }
    guard !isWanted else { throw Self.refusal(failure) }
    if failure != .noProgram { tell(failure) }
    return nil
  }

  /// Says after a while that the keyring is waited for, unless it is stopped before.
  @EventLoop
  private func hint() -> LoopTimer {
    let timer = LoopTimer {
      Terminal.error.write("Waiting for the keyring, which may be asking on the screen ...\n")
    }
    timer.start(after: Self.silence)
    return timer
  }

  private func tell(_ failure: Keyring.Failure) {
    Terminal.error.write("The keyring \(failure); the login is kept in a file.\n")
  }

  private static func refusal(_ failure: Keyring.Failure) -> Refusal {
    Refusal("The keyring \(failure). With --no-keyring the login is kept in a file.")
  }

  // MARK: What is kept

  /// Says whether there was one, and what of it could not be removed.
  func forget() -> (wasThere: Bool, trouble: String?) {
    var trouble: String?
    if case .keyring(_, let bus)? = standing { trouble = clear(bus) }
    return (file.remove(), trouble)
  }

  /// What the file says; nil where it says nothing.
  private var standing: StoredLogin? {
    guard let bytes = try? file.read(), let json = try? JSONValue(parsing: bytes) else {
      return nil
    }
    return StoredLogin(json)
  }

  /// Says what went wrong.
  private func clear(_ bus: String?) -> String? {
    let outcome = try? onLoop { await cleared(bus) }
    guard case .failure(let failure)? = outcome, failure != .notThere else { return nil }
    return "The keyring \(failure); remove the entry 'Switchyard: \(service)' there"
  }

  @EventLoop
  private func cleared(
    _ bus: String?
  ) async -> Result<Result<[UInt8], Keyring.Failure>, Refusal> {
    let answer = await withCheckedContinuation { continuation in
      keyring(bus: bus).clear(within: Self.shortPatience) { continuation.resume(returning: $0) }
    }
    return .success(answer)
  }

  /// Why a gateway could not use what is kept for `address`, without asking the person; nil if it
  /// could, or if nothing is kept.
  func trouble(for address: String) -> String? {
    do throws(LoginFile.Failure) {
      guard let bytes = try file.read() else { return nil }
      guard let json = try? JSONValue(parsing: bytes), let stored = StoredLogin(json) else {
        return "\(file.path) holds no login"
      }
      guard stored.isFor(address) else { return "\(file.path) is for another address" }
      switch stored {
      case .here(let credential):
        guard credential.refresh == nil, credential.isOver(at: Int64(time(nil))) else { return nil }
        return "the login is over"
      case .keyring(_, let bus):
        return try? onLoop { await looked(bus) }.map { "the keyring \($0)" }
      }
    } catch {
      return "\(file.path) \(error)"
    }
  }

  /// As a gateway would that its client has given no variables of the session.
  @EventLoop
  private func looked(_ bus: String?) async -> Result<Keyring.Failure?, Refusal> {
    let few = Process.environment.filter { ["PATH", "HOME"].contains($0.key) }
    let keyring = Keyring(for: file, environment: few, bus: bus)
    let failure = await withCheckedContinuation { continuation in
      keyring.look(within: Self.shortPatience) { continuation.resume(returning: $0) }
    }
    return .success(failure)
  }

  // MARK: The loop

  /// Runs the loop until `body` is done.
  private func onLoop<Value: Sendable>(
    _ body: @escaping @EventLoop @Sendable () async -> Result<Value, Refusal>
  ) throws(Refusal) -> Value {
    let result = LoopResult<Value>()
    EventLoop.run { Self.start(body, result) }
    return try result.outcome.get()
  }

  @EventLoop
  private static func start<Value: Sendable>(
    _ body: @escaping @EventLoop @Sendable () async -> Result<Value, Refusal>,
    _ result: LoopResult<Value>
  ) {
    Task(executorPreference: EventLoop.executor) { await finish(body, result) }
  }

  @EventLoop
  private static func finish<Value: Sendable>(
    _ body: @EventLoop @Sendable () async -> Result<Value, Refusal>, _ result: LoopResult<Value>
  ) async {
    result.outcome = await body()
    EventLoop.stop()
  }
}

/// What the task on the loop leaves behind.
private final class LoopResult<Value: Sendable>: @unchecked Sendable {
  var outcome: Result<Value, Refusal> = .failure(Refusal("Interrupted."))
}
