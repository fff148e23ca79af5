import Glibc
import HTTP
package import Loop
import OAuth
import RawJSON
import Resilience
package import Store
package import Telemetry

/// What `switchyard login` has left for one service, kept fresh.
///
/// Several gateways share the file: whoever finds the token to be over takes the lock, looks whether
/// another has renewed it meanwhile, and asks the token endpoint only if not, since some servers
/// take a refresh token once. The token goes to the service's own origin and the refresh token to
/// the endpoint that its issuer has named; nothing in a response changes either.
@EventLoop
package final class RemoteLogin {
  private let file: LoginFile
  private let service: String
  /// The manifest's address, which the login must have been for.
  private let address: String
  private let environment: [String: String]
  private let log: Log
  /// Where the file says that the login is; asked when it is needed. Nil for the file itself.
  private var keyring: Keyring?
  private var credential: Credential?
  private var waiting: [@EventLoop (String?) -> Void] = []
  private var timer: LoopTimer?
  private var attempts = 0

  /// While another process renews it; then it is asked for all the same.
  private static let patience = 100
  private static let pause = Duration.milliseconds(100)
  /// For the keyring; somebody may have to unlock it.
  private static let keyringPatience = Duration.seconds(15)

  /// Nil where there is no login for this address.
  ///
  /// - Throws: there is one, and it cannot be used; a sentence.
  package init?(
    _ file: LoginFile, service: String, address: String, environment: [String: String], log: Log
  ) throws(BackendFailure) {
    self.file = file
    self.service = service
    self.address = address
    self.environment = environment
    self.log = log
    let stored: StoredLogin?
    do throws(LoginFile.Failure) {
      stored = try Self.read(file, address)
    } catch {
      let detail = "Service '\(service)': the login in '\(file.path)' \(error)."
      throw BackendFailure(.unavailable, wasSent: false, detail: detail)
    }
    switch stored {
    case .here(let found): credential = found
    case .keyring(_, let bus): keyring = Keyring(for: file, environment: environment, bus: bus)
    case nil: return nil
    }
  }

  private static func read(
    _ file: LoginFile, _ address: String
  ) throws(LoginFile.Failure) -> StoredLogin? {
    guard let bytes = try file.read(), let json = try? JSONValue(parsing: bytes),
      let stored = StoredLogin(json), stored.isFor(address)
    else { return nil }
    return stored
  }

  /// The value of `Authorization`.
  var authorization: String? { credential.map { "Bearer " + $0.token } }
  /// What is still in the keyring has to be fetched, as if it were over.
  var isOver: Bool { credential?.isOver(at: Int64(time(nil))) ?? (keyring != nil) }
  /// What must not be shown.
  var secrets: [String] { credential.map { [$0.token] + ($0.refresh.map { [$0] } ?? []) } ?? [] }
  /// What a person does about it.
  var advice: String { "run 'switchyard login \(service)'" }

  /// Renews the token; `done` hears nil, or why that was not possible.
  func renew(_ done: @escaping @EventLoop (String?) -> Void) {
    waiting.append(done)
    guard waiting.count == 1 else { return }
    attempts = 0
    tryToRenew()
  }

  private func tryToRenew() {
    do throws(LoginFile.Failure) {
      let lock = try file.lock()
      switch try Self.read(file, address) {
      // Another login may have moved it.
      case .here(let found):
        keyring = nil
        compare(found, lock)
      case .keyring(_, let bus):
        let keyring = Keyring(for: file, environment: environment, bus: bus)
        self.keyring = keyring
        fetch(from: keyring) { [self] found in compare(found, lock) }
      case nil: compare(nil, lock)
      }
    } catch {
      let why = "the login in '\(file.path)' \(error)"
      EventLoop.atEndOfTurn { [self] in finish(why) }
    }
  }

  /// Uses what is kept if it is another and good, else renews it.
  private func compare(_ found: Credential?, _ lock: LoginLock?) {
    if let found, found.token != credential?.token, !found.isOver(at: Int64(time(nil))) {
      credential = found
      return EventLoop.atEndOfTurn { [self] in finish(nil) }
    }
    guard let lock else { return waitForOther() }
    credential = found ?? credential
    ask(lock)
  }

  /// Asks the keyring; without its answer nothing is renewed.
  private func fetch(
    from keyring: Keyring, _ done: @escaping @EventLoop (Credential) -> Void
  ) {
    keyring.lookUp(within: Self.keyringPatience) { [self] result in
      switch result {
      case .failure(let failure): finish("the keyring \(failure); or \(advice)")
      case .success(let bytes):
        guard let json = try? JSONValue(parsing: bytes), let found = Credential(json),
          found.isFor(address)
        else { return finish("the keyring holds another login; \(advice)") }
        done(found)
      }
    }
  }

  /// Another process has the lock and will write what it gets.
  private func waitForOther() {
    attempts += 1
    guard attempts < Self.patience else {
      return finish("another process has been renewing the login for too long")
    }
    let timer = timer ?? LoopTimer { [unowned self] in tryToRenew() }
    self.timer = timer
    timer.start(after: Self.pause)
  }

  private func ask(_ lock: LoginLock) {
    guard let credential, let request = TokenRequest.refresh(credential) else {
      return EventLoop.atEndOfTurn { [self] in finish("the login is over; \(advice)") }
    }
    credential.tokenEndpoint.ask(
      "POST", headers: request.headers, body: request.body, environment: environment
    ) { [self] outcome in answered(outcome, lock) }
  }

  private func answered(_ outcome: Result<HTTPResponse, Refusal>, _ lock: LoginLock) {
    do throws(Refusal) {
      let response = try outcome.get()
      if TokenAnswer.isOver(response.json) {
        let error = response.json?["error"]?.stringValue ?? ""
        guard error.utf8.elementsEqual("invalid_grant".utf8) else {
          return finish("the login is over (\(error)); \(advice)")
        }
        let why = "the login is over; \(advice)"
        // No gateway tries it again, in this run or a later one.
        credential?.refreshRefused()
        return keep(lock) { [self] in finish(why) }
      }
      let answer = try TokenAnswer(status: response.head.status, response.json)
      credential?.refreshed(answer, now: Int64(time(nil)))
      keep(lock) { [self] in finish(nil) }
    } catch {
      // A sentence, which goes on as a part of ours.
      let reason = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
      finish("the login could not be renewed: \(reason)")
    }
  }

  /// The lock is held until others can find it. What cannot be kept is good for this process all
  /// the same.
  private func keep(_ lock: LoginLock, _ done: @escaping @EventLoop () -> Void) {
    guard let bytes = credential?.json.serialized() else { return done() }
    guard let keyring else {
      do throws(LoginFile.Failure) { try file.write(bytes) } catch { notKept("\(error)") }
      return withExtendedLifetime(lock) { done() }
    }
    keyring.store(
      bytes, label: "Switchyard: \(service)", within: Self.keyringPatience
    ) { [self] stored in
      if case .failure(let failure) = stored { notKept("the keyring \(failure)") }
      withExtendedLifetime(lock) { done() }
    }
  }

  /// The next gateway finds what the server may not take any more.
  private func notKept(_ why: String) {
    log(.warning, "login.not_kept", ["service": service, "why": "\(why); \(advice)"])
  }

  private func finish(_ why: String?) {
    let done = waiting
    waiting = []
    for done in done { done(why) }
  }
}

extension RemoteBackend {
  var adviceOnCredentials: String {
    endpoint.hasCredential
      ? "check 'http.auth' and 'http.headers'"
      : "run 'switchyard login \(service)', or check 'http.auth' and 'http.headers'"
  }

  /// Renews a token that is known to be over, then goes on.
  func renewLogin(then next: @escaping @EventLoop () -> Void) {
    guard let login, login.isOver else { return next() }
    login.renew { [self] why in
      guard ending == nil else { return }
      if let why { return end(.failedToStart("\(subject): \(why).")) }
      next()
    }
  }

  /// 401: what was refused was not executed, so it goes out once more with a new token.
  ///
  /// - Returns: whether that is done.
  func waitsForLogin(_ request: RemoteRequest) -> Bool {
    guard request.status == 401, let login, !request.wasUnauthorized else { return false }
    request.wasUnauthorized = true
    // There is a newer one already: others were refused before.
    if request.authorization != login.authorization {
      begin(request)
      return true
    }
    awaitingLogin.append(request)
    guard awaitingLogin.count == 1 else { return true }
    login.renew { [self] why in
      let requests = awaitingLogin
      awaitingLogin = []
      guard let why else {
        for request in requests { begin(request) }
        return
      }
      for id in requests.compactMap(\.id) {
        fail(id, BackendFailure(.unavailable, wasSent: false, detail: "\(subject): \(why)."))
      }
    }
    return true
  }
}
