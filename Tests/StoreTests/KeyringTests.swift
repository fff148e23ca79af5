import Glibc
import Loop
import LoopTesting
import Store
import TestSupport
import Testing

/// The desktop's keyring, behind a `secret-tool` that does what a script says.
@Suite(.eventLoop)
struct KeyringTests {
  private let folder: TemporaryFolder
  /// Nothing that works takes that long.
  private static let patience = Duration.seconds(20)

  init() throws { folder = try TemporaryFolder() }

  @EventLoop
  private func keyring(_ script: String) throws -> Keyring {
    try folder.write("#!/bin/sh\n" + script + "\n", to: "bin/secret-tool", mode: 0o700)
    return Keyring(
      for: LoginFile(state: "/state", service: "far"),
      environment: [
        "PATH": "\(folder.path)/bin:/usr/bin:/bin", "HOME": "/h", "NOISE": "1",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/no/bus",
      ])
  }

  @EventLoop
  private func lookUp(
    _ keyring: Keyring, within patience: Duration = patience
  ) async -> Result<[UInt8], Keyring.Failure> {
    await withCheckedContinuation { continuation in
      keyring.lookUp(within: patience) { continuation.resume(returning: $0) }
    }
  }

  @Test @EventLoop
  func `the value goes over the streams and never over the command line`() async throws {
    let keyring = try keyring(
      """
      cd '\(folder.path)'
      echo "$*|$HOME|$NOISE|$DBUS_SESSION_BUS_ADDRESS" >> calls
      case "$1" in
        store) cat > entry ;;
        lookup) cat entry; echo ;;
        clear) rm entry ;;
        *) echo unscripted >&2; exit 9 ;;
      esac
      """)
    let stored = await withCheckedContinuation { continuation in
      keyring.store(Array("t0ken".utf8), label: "L a", within: Self.patience) {
        continuation.resume(returning: $0)
      }
    }
    #expect(stored == .success([]))
    let found = await lookUp(keyring)
    #expect(found == .success(Array("t0ken".utf8)), "\(found) \(folder.read("entry"))")
    let cleared = await withCheckedContinuation { continuation in
      keyring.clear(within: Self.patience) { continuation.resume(returning: $0) }
    }
    #expect(cleared == .success([]))
    #expect(
      folder.read("calls") == """
        store --label=L a application switchyard login /state/logins/far.json|/h||unix:path=/no/bus
        lookup application switchyard login /state/logins/far.json|/h||unix:path=/no/bus
        clear application switchyard login /state/logins/far.json|/h||unix:path=/no/bus

        """)
  }

  @Test @EventLoop
  func `a keyring that does not answer is given up`() async throws {
    let keyring = try keyring("exec sleep 600")
    #expect(await lookUp(keyring, within: .milliseconds(200)) == .failure(.slow))
  }

  @Test @EventLoop
  func `what is not there, what is locked, what it refuses and what is missing are told apart`()
    async throws
  {
    #expect(await lookUp(try keyring("exit 1")) == .failure(.notThere))
    #expect(await lookUp(try keyring("exit 0")) == .failure(.notThere))
    let refused = await lookUp(try keyring("echo 'no bus' >&2; echo more >&2; exit 1"))
    #expect(refused == .failure(.refused("no bus")))
    #expect(await lookUp(try keyring("kill -9 $$")) == .failure(.refused("was ended by signal 9")))
    // As secret-tool 0.20 does.
    let locked = try keyring(
      """
      [ $1 = lookup ] && exit 1
      printf '[/1]\\nlabel = Switchyard: far\\n'
      echo 'secret-tool: Cannot get secret of a locked object' >&2
      """)
    #expect(await lookUp(locked) == .failure(.locked))
    #expect(await look(locked) == .locked)
    let open = try keyring("printf '[/1]\\nlabel = x\\nsecret = y\\n'")
    #expect(await look(open) == nil)
    #expect(await look(try keyring("exit 0")) == .notThere)
    let login = LoginFile(state: "/state", service: "far")
    let bus = ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/no/bus"]
    let none = Keyring(
      for: login, environment: bus.merging(["PATH": folder.path]) { first, _ in first })
    #expect(await lookUp(none) == .failure(.noProgram))
  }

  @EventLoop
  private func look(_ keyring: Keyring) async -> Keyring.Failure? {
    await withCheckedContinuation { continuation in
      keyring.look(within: Self.patience) { continuation.resume(returning: $0) }
    }
  }

  @EventLoop
  private func test(_ keyring: Keyring) async -> Keyring.Failure? {
    await withCheckedContinuation { continuation in
      keyring.test(within: Self.patience) { continuation.resume(returning: $0) }
    }
  }

  @Test @EventLoop
  func `a test keeps a word under another name, asks for it and removes it`() async throws {
    let works = """
      cd '\(folder.path)'
      echo "$*" >> calls
      case "$1" in store) cat > entry ;; lookup) cat entry ;; clear) rm entry ;; esac
      """
    #expect(await test(try keyring(works)) == nil)
    #expect(
      folder.read("calls") == """
        store --label=Switchyard: test application switchyard login /state/logins/far.json.test
        lookup application switchyard login /state/logins/far.json.test
        clear application switchyard login /state/logins/far.json.test

        """)
    #expect(folder.read("entry") == "")
    let forgetful = try keyring("[ $1 = lookup ] && exit 1; exit 0")
    #expect(await test(forgetful) == .notThere)
    let closed = try keyring("echo 'Cannot create an item in a locked collection' >&2; exit 1")
    #expect(await test(closed) == .refused("Cannot create an item in a locked collection"))
  }

  @Test @EventLoop
  func `a login that secret-tool would cut is not given to it`() async throws {
    let keyring = try keyring("cat > '\(folder.path)/entry'")
    for (count, expected) in [
      (Keyring.longest, Result<[UInt8], Keyring.Failure>.success([])),
      (Keyring.longest + 1, .failure(.tooLarge)),
    ] {
      let value = [UInt8](repeating: UInt8(ascii: "x"), count: count)
      let stored = await withCheckedContinuation { continuation in
        keyring.store(value, label: "L", within: Self.patience) {
          continuation.resume(returning: $0)
        }
      }
      #expect(stored == expected)
    }
    #expect(folder.read("entry").utf8.count == Keyring.longest + 1)
  }

  @Test @EventLoop
  func `more than a login has is cut, and its writer does not wait for ever`() async throws {
    let keyring = try keyring("head -c 300000 /dev/zero | tr '\\0' x")
    let value = try await lookUp(keyring).get()
    #expect(value.count == 64 << 10)
  }
}
