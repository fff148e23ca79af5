import ArgumentParser
import Glibc
import Manifest
import RawJSON
import Store

/// `switchyard status`: what is configured, known and running.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the services, what is known of them, and the gateways that run.",
    discussion: """
      Reads the configuration and the state file, and asks the gateways that run;
      starts nothing.

      EXAMPLES
        switchyard status
        switchyard status --watch
        switchyard status --json | jq '.services[] | select(.state == "off")'
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show it again whenever it changes, until Ctrl-C.")
  var watch = false

  @OptionGroup var folders: FolderOptions

  func validate() throws {
    if json && watch { throw ValidationError("--json and --watch exclude each other.") }
  }

  func run() throws {
    let paths = try folders.paths()
    func snapshot() -> StatusSnapshot {
      StatusSnapshot(
        configuration: folders.load(paths), state: StateSnapshot(folder: paths.state),
        live: StatusSnapshot.live(in: paths.state))
    }
    if watch {
      var view = StatusWatch(terminal: .output)
      return view.run { snapshot().text(paths: paths, for: .output) }
    }
    let snapshot = snapshot()
    if json {
      Terminal.output.write(snapshot.json.serialized(pretty: true) + [0x0A])
    } else {
      Terminal.output.write(snapshot.text(paths: paths, for: .output))
    }
  }
}

/// What the state file says; empty when there is none.
struct StateSnapshot {
  var catalogues: [CatalogueRecord] = []
  var gateways: [GatewayRecord] = []
  var children: [ChildRecord] = []
  /// Why nothing is known, if that is not simply because nothing ran yet.
  var trouble: String?
  /// Why the state file could not be opened.
  var error: StoreError?
  var switchedOff: [String] = []
  /// Services of which the newest state that was noted is a bad one.
  var illnesses: [HealthEntry] = []

  init(folder: String) {
    // Asking must not leave a folder behind.
    guard access(folder, F_OK) == 0 else { return }
    do {
      let store = try StateStore(directory: folder)
      catalogues = store.allCatalogues()
      gateways = store.running()
      children = store.children()
      switchedOff = store.switchedOff()
      illnesses = store.newestStates().filter(\.isIll)
      trouble = store.notice ?? store.lastFailure.map { "\($0)" }
    } catch {
      trouble = "\(error)"
      self.error = error
    }
  }

  /// The newest catalogue of a service.
  func catalogue(of service: String) -> CatalogueRecord? {
    catalogues.filter { $0.service.utf8.elementsEqual(service.utf8) }
      .max { $0.updatedAt < $1.updatedAt }
  }
}
