import ArgumentParser
import Glibc
import HTTP
import Loop
import Manifest
import OAuth
import RawJSON
import Store

/// `switchyard login`: lets a person allow us to use a remote server.
struct Login: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Log in to a remote service with a browser.",
    discussion: """
      Asks the server who gives out its tokens, sends the browser there, and keeps
      what comes back; gateways use it from their next connection on and renew it.
      Where the browser runs on another machine, paste the address that it ends at.
      $BROWSER names another browser than the desktop's. The tokens go into the
      desktop's keyring where a test of it works (secret-tool of libsecret, on the
      user's session bus), else into a file in the state folder, for the user alone;
      --keyring and --no-keyring say which, and the keyring may then be unlocked.
      Exit codes: 0 done, 1 the login was refused.

      EXAMPLES
        switchyard login linear
        switchyard login linear --no-browser     Only print the link.
        switchyard login linear --no-keyring     Keep it in a file.
        switchyard login linear --forget         Remove what is kept.
      """)

  @Argument(help: "The service's name.")
  var service: String

  @Flag(help: "Print the link and open nothing.")
  var noBrowser = false

  @Flag(
    inversion: .prefixedNo,
    help: "Keep the login in the desktop's keyring, or in a file; otherwise where it works.")
  var keyring: Bool?

  @Flag(help: "Remove the login that is kept.")
  var forget = false

  @Option(help: "What to ask for, separated by spaces; otherwise what the service says.")
  var scope: String?

  @Option(
    help: ArgumentHelp(
      "The id of a client that is registered already, or the URL of a document about one.",
      discussion: "Its secret, if it has one, is read from $SWITCHYARD_CLIENT_SECRET."))
  var clientId: String?

  @Option(help: "The port on this machine that the browser comes back to; otherwise a free one.")
  var port: UInt16 = 0

  @Option(
    help: "How many seconds to wait for the browser; and with --keyring for that, at most 60.")
  var timeout = 600

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let paths = try folders.paths()
    let remote = try remoteService(paths)
    let file = LoginFile(state: paths.state, service: service)
    let choice = keyring.map { $0 ? LoginKeeper.Choice.keyring : .file } ?? .automatic
    let patience = min(Duration.seconds(timeout), LoginKeeper.longPatience)
    let keeper = LoginKeeper(file: file, service: service, choice: choice, patience: patience)
    if forget {
      let (wasThere, trouble) = keeper.forget()
      Terminal.output.write(wasThere ? "forgotten\n" : "there was none\n")
      if let trouble { throw CommandFailure(trouble) }
      return
    }
    Interrupt.watch()
    let flow = try refusing { () throws(Refusal) in try LoginFlow(remote, self) }
    let credential = try refusing { () throws(Refusal) in try keeper.keep(from: flow) }
    Terminal.output.write("logged in to \(service) at \(credential.issuer)\n")
  }

  /// The manifest's remote server; only a service that is served can be logged in to.
  private func remoteService(_ paths: ConfigurationPaths) throws -> RemoteService {
    guard let entry = folders.load(paths).services.first(where: { $0.name == service }) else {
      throw CommandFailure("there is no service '\(service)'", .usage)
    }
    guard let manifest = entry.manifest else {
      throw CommandFailure("'\(service)' is off; see 'switchyard check'")
    }
    guard let remote = manifest.remote else {
      throw CommandFailure("'\(service)' is not reached over HTTP: it needs no login", .usage)
    }
    guard remote.bearer == nil else {
      throw CommandFailure("'\(service)' has a token in its manifest, 'http.auth.bearer'", .usage)
    }
    return remote
  }

  private func refusing<Value>(_ body: () throws(Refusal) -> Value) throws -> Value {
    do throws(Refusal) { return try body() } catch { throw CommandFailure(error.message) }
  }
}
