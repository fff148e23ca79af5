import ArgumentParser
import Clients

/// `switchyard unregister`: takes the entry out again.
struct Unregister: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the gateway out of a client's configuration.",
    discussion: """
      Removes the entry of that name, if it launches switchyard-gateway. If nothing
      else has changed since 'register', the file gets its old bytes back. Servers
      that 'register --replace' took out come back by 'register --restore'.

      EXAMPLES
        switchyard unregister claude-desktop
        switchyard unregister cursor --name work --dry-run
      """)

  @OptionGroup var target: RegisterOptions

  func run() throws {
    let file = try target.open()
    guard let contents = file.contents else {
      throw CommandFailure("\(file.path) does not exist; nothing to take out")
    }
    let originals = file.backups().compactMap { Process.contents(of: $0) }
    let change: Registration.Removal
    do {
      change = try Registration.removed(
        target.name, of: target.client, from: contents, originals: originals, force: target.force)
    } catch .notRegistered {
      throw CommandFailure(
        "\(file.path): no entry '\(target.name)'; --name, --scope and --file choose another")
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    try target.finish(file, change, done: "Took '\(target.name)' out of")
  }
}
