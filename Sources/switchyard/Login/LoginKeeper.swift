import Loop
import OAuth
import RawJSON
import Store

/// Where a login goes: the file of the service, or the keyring and a word about it in the file.
struct LoginKeeper {
  let file: LoginFile
  let service: String
  let isInKeyring: Bool
  private let keyring: Keyring

  /// A person may have to unlock it.
  private static let patience = Duration.seconds(60)

  init(file: LoginFile, service: String, isInKeyring: Bool) {
    self.file = file
    self.service = service
    self.isInKeyring = isInKeyring
    keyring = Keyring(for: file, environment: Process.environment)
  }

  // MARK: Keeping

  /// Logs in and keeps what comes of it; a keyring that does not answer is noticed before.
  func keep(from flow: LoginFlow) throws(Refusal) -> Credential {
    let credential = try onLoop { await outcome(of: flow) }
    let stored: StoredLogin =
      isInKeyring ? .keyring(service: credential.service) : .here(credential)
    let wasInKeyring = isKeptInKeyring
    do throws(LoginFile.Failure) {
      try file.write(stored.json.serialized())
    } catch {
      throw Refusal("\(file.path) \(error)")
    }
    // What the file does not lead to any more.
    if wasInKeyring, !isInKeyring { _ = clear() }
    return credential
  }

  @EventLoop
  private func outcome(of flow: LoginFlow) async -> Result<Credential, Refusal> {
    guard isInKeyring else { return await flow.outcome() }
    let answer = await withCheckedContinuation { continuation in
      keyring.lookUp(within: Self.patience) { continuation.resume(returning: $0) }
    }
    if case .failure(let failure) = answer, failure != .notThere {
      return .failure(Self.refusal(failure))
    }
    let outcome = await flow.outcome()
    guard case .success(let credential) = outcome else { return outcome }
    let bytes = credential.json.serialized()
    let stored = await withCheckedContinuation { continuation in
      keyring.store(bytes, label: "Switchyard: \(service)", within: Self.patience) {
        continuation.resume(returning: $0)
      }
    }
    return stored.map { _ in credential }.mapError(Self.refusal)
  }

  private static func refusal(_ failure: Keyring.Failure) -> Refusal {
    Refusal("The keyring \(failure). Without --keyring the login is kept in a file.")
  }

  // MARK: Forgetting

  /// Says whether there was one, and what of it could not be removed.
  func forget() -> (wasThere: Bool, trouble: String?) {
    let trouble = isKeptInKeyring ? clear() : nil
    return (file.remove(), trouble)
  }

  private var isKeptInKeyring: Bool {
    guard let bytes = try? file.read(), let json = try? JSONValue(parsing: bytes),
      case .keyring? = StoredLogin(json)
    else { return false }
    return true
  }

  /// Says what went wrong.
  private func clear() -> String? {
    let outcome = try? onLoop { await cleared() }
    guard case .failure(let failure)? = outcome, failure != .notThere else { return nil }
    return "The keyring \(failure); remove the entry 'Switchyard: \(service)' there"
  }

  @EventLoop
  private func cleared() async -> Result<Result<[UInt8], Keyring.Failure>, Refusal> {
    let answer = await withCheckedContinuation { continuation in
      keyring.clear(within: Self.patience) { continuation.resume(returning: $0) }
    }
    return .success(answer)
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
