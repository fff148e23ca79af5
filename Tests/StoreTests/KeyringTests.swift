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
      environment: ["PATH": "\(folder.path)/bin:/usr/bin:/bin", "HOME": "/h", "NOISE": "1"])
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
      echo "$*|$HOME|$NOISE" >> calls
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
        store --label=L a application switchyard login /state/logins/far.json|/h|
        lookup application switchyard login /state/logins/far.json|/h|
        clear application switchyard login /state/logins/far.json|/h|

        """)
  }

  @Test @EventLoop
  func `a keyring that does not answer is given up`() async throws {
    let keyring = try keyring("exec sleep 600")
    #expect(await lookUp(keyring, within: .milliseconds(200)) == .failure(.slow))
  }

  @Test @EventLoop
  func `what is not there, what it refuses and a program that is missing are told apart`()
    async throws
  {
    #expect(await lookUp(try keyring("exit 1")) == .failure(.notThere))
    #expect(await lookUp(try keyring("exit 0")) == .failure(.notThere))
    let refused = await lookUp(try keyring("echo 'no bus' >&2; echo more >&2; exit 1"))
    #expect(refused == .failure(.refused("no bus")))
    #expect(await lookUp(try keyring("kill -9 $$")) == .failure(.refused("was ended by signal 9")))
    let none = Keyring(
      for: LoginFile(state: "/state", service: "far"), environment: ["PATH": folder.path])
    #expect(await lookUp(none) == .failure(.noProgram))
  }

  @Test @EventLoop
  func `more than a login has is cut, and its writer does not wait for ever`() async throws {
    let keyring = try keyring("head -c 300000 /dev/zero | tr '\\0' x")
    let value = try await lookUp(keyring).get()
    #expect(value.count == 64 << 10)
  }
}
