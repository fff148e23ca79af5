import ArgumentParser
import Glibc

/// `switchyard serve`: becomes the gateway.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Become switchyard-gateway: serve MCP on stdin and stdout.",
    discussion: """
      Clients should launch 'switchyard-gateway' itself; this is for trying it by hand.

      EXAMPLES
        switchyard serve --config ./config/demo
      """)

  @OptionGroup var profile: ProfileOptions

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let gateway = try folders.gateway(profile: profile.profile)
    var arguments: [UnsafeMutablePointer<CChar>?] =
      ([gateway.executable] + gateway.arguments).map { strdup($0) }
    arguments.append(nil)
    signal(SIGPIPE, SIG_DFL)
    execv(gateway.executable, &arguments)
    throw CommandFailure(
      "cannot start \(gateway.executable): \(String(cString: strerror(errno)))", .gateway)
  }
}
