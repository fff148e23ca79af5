/// Gateway: one MCP server in front of many services.
///
/// ```
///   client ─▶ ClientSession ─▶ Gateway.serve ─┬─▶ lists: Catalogue, ListPages
///      ▲                                      └─▶ Call ─▶ Service ─▶ ProcessBackend ─▶ child
///      └───────────── Translation ◀──────────────────────────────────────┘
/// ```
///
/// Everything runs on the loop, in callbacks that never wait. The gateway owns
/// one session (the client that launched us), one `Service` for each manifest,
/// and the catalogue made of their offers. It spawns nothing to answer
/// `initialize`, `server/discover` or a list whose services are known.
import Backend
package import Loop
import MCP
package import Manifest
import RawJSON
import Resilience
package import Store
package import Telemetry

@EventLoop
package final class Gateway {
  /// Where the gateway gets what it needs from the machine.
  package struct Surroundings {
    package var input: Int32
    package var output: Int32
    package var environment: [String: String]
    package var store: StateStore?
    package var log: Log
    /// Names this gateway in the environment of its children.
    package var marker: String

    package init(
      input: Int32, output: Int32, environment: [String: String], store: StateStore?, log: Log,
      marker: String
    ) {
      self.input = input
      self.output = output
      self.environment = environment
      self.store = store
      self.log = log
      self.marker = marker
    }
  }

  let configuration: Configuration
  let surroundings: Surroundings
  let session: ClientSession
  package let log: Log
  let startQueue: StartQueue
  var services: [Service] = []
  var catalogue = Catalogue()
  var pages: ListPages
  var parked: [ParkedRequest] = []
  /// Services whose first discovery has not ended yet.
  var undiscovered: Set<Int> = []
  /// Services that are being asked what they offer, again or for the first time.
  var beingAsked: Set<Int> = []
  var listeners: [RequestID: ListenSubscription] = [:]
  var announceTimer: LoopTimer?
  var pendingAnnouncements: Set<Announcement> = []
  var retryTimer: LoopTimer?
  var ending: Ending?
  private var lastIncarnation = 0

  package init(_ configuration: Configuration, surroundings: Surroundings) {
    self.configuration = configuration
    self.surroundings = surroundings
    log = surroundings.log
    pages = ListPages(pageSize: configuration.gateway.limits.page)
    startQueue = StartQueue(limit: configuration.gateway.processes.parallel)
    session = ClientSession(
      input: surroundings.input, output: surroundings.output, configuration: configuration.gateway,
      log: surroundings.log)
    session.delegate = self
    for (index, manifest) in configuration.ready.enumerated() {
      services.append(Service(index: index, manifest: manifest, host: self))
    }
    recallOffers()
  }

  /// Starts to read the client.
  package func begin() { session.begin() }

  // MARK: The catalogue

  /// Takes what each service offered last time from the state file.
  private func recallOffers() {
    let records = surroundings.store?.allCatalogues() ?? []
    for service in services {
      let digest = self.digest(of: service)
      let record = records.first { $0.service == service.name && $0.digest == digest }
      service.offer = record.flatMap { Offer($0) }
      if service.offer == nil { undiscovered.insert(service.index) }
    }
    rebuildCatalogue()
  }

  /// Makes the catalogue anew; returns which lists are different now.
  @discardableResult
  func rebuildCatalogue() -> Set<Announcement> {
    let old = catalogue
    catalogue = Catalogue(
      services.compactMap { service in
        service.offer.map { (service.index, service.manifest, $0) }
      })
    pages.reset()
    for collision in catalogue.collisions where !old.collisions.contains(collision) {
      log(
        .error, "catalogue.collision",
        [
          "name": Printable.text(collision.name),
          "services": collision.services.joined(separator: ", "),
          "next": "give one of them another tools.prefix or rename the tool",
        ])
    }
    return Announcement.differences(old, catalogue)
  }

  // MARK: For services

  package func nextIncarnation() -> String {
    lastIncarnation += 1
    return surroundings.marker + "." + String(lastIncarnation)
  }

  /// The identity of a command, under which its catalogue and era are kept.
  func digest(of service: Service) -> String {
    Launch.digest(service.manifest.process, inherited: surroundings.environment)
  }
}
