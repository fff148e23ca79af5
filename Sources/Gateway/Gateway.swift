/// Gateway: one MCP server in front of many services.
///
/// ```
///   client ─▶ ClientSession ─▶ Gateway.serve ─┬─▶ lists: Catalogue, ListPages
///      ▲                                      └─▶ Call ─▶ Service ─▶ ServiceBackend ─▶ child, server
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
    /// The folder of the configuration.
    package var folder: String
    /// The folder of the state file and of the gateways' sockets.
    package var state: String
    /// The profile that every client has, whatever it calls itself.
    package var profile: String?
    /// Reads it anew, on a thread of its own; told whether a missing folder of manifests is a
    /// mistake.
    package var read: @Sendable (Bool) -> Configuration
    package var store: StateStore?
    package var log: Log
    /// Ends the process with an exit code, after the last answer was written.
    package var leave: @EventLoop (Int32) -> Void

    package init(
      input: Int32, output: Int32, environment: [String: String], folder: String, state: String,
      read: @escaping @Sendable (Bool) -> Configuration, store: StateStore?, log: Log,
      profile: String? = nil, leave: @escaping @EventLoop (Int32) -> Void
    ) {
      self.profile = profile
      self.input = input
      self.output = output
      self.environment = environment
      self.folder = folder
      self.state = state
      self.read = read
      self.store = store
      self.log = log
      self.leave = leave
    }
  }

  /// What is served; a reload replaces it.
  var configuration: Configuration
  let surroundings: Surroundings
  let begun = EventLoop.now
  let session: ClientSession
  package let log: Log
  let startQueue: StartQueue
  let callLoad: CallLoad
  /// `deadlines.absolute` in nanoseconds.
  @exclusivity(unchecked) var absoluteTime: Int64
  /// Services that are asked at the same time what they offer.
  let discoveries: StartQueue
  /// The services with a process that are served now, in the order of the configuration.
  var services: [Service] = []
  /// Those without a process.
  var restServices: [RESTService] = []
  /// All by their numbers, those included that are not served any more.
  @exclusivity(unchecked) var slots = ServiceSlots()
  /// Those that come after others.
  var ordered: [Service] = []
  /// Switched off by a person, by name: known, and not served.
  var switchedOff: [String: SwitchedOffService] = [:]
  lazy var reloader = Reloader(self)
  var catalogue = Catalogue() { didSet { edition += 1 } }
  /// Counts the catalogues: while it stays, the numbers of services mean what they meant.
  private(set) var edition = 0
  /// The newest request, if it was a call that was answered from memory.
  @exclusivity(unchecked) var repeated: RepeatedCall?
  var pages: ListPages
  /// What clients are shown by their profiles; nil where there are none.
  @exclusivity(unchecked) var views: ClientViews?
  /// The profile that `--profile` names.
  var chosenProfile: Profile?
  /// What a legacy client calls itself.
  var legacyClient: [UInt8] = []
  /// The lists of each era before the profiles changed.
  var shownBefore: [Catalogue]?
  /// What was said of profiles.
  var toldOfProfiles: Set<String> = []
  let kept: KeptResults
  /// Of the newest call that was over after one attempt, for the next one.
  @exclusivity(unchecked) var sparePlan: CallPlan?
  /// By the names of groups and services.
  var routeGroups: [String: RouteGroup] = [:]
  var parked: [ParkedRequest] = []
  /// Services whose first discovery has not ended yet.
  var undiscovered: Set<Int> = []
  /// Services that are being asked what they offer, again or for the first time.
  var beingAsked: Set<Int> = []
  var listeners: [RequestID: ListenSubscription] = [:]
  var subscriptions = ResourceSubscriptions()
  var announceTimer: LoopTimer?
  var announcements = AnnouncementPace()
  /// Lists that a legacy client has been given: of others it need not hear that they changed.
  var listed: Set<Announcement> = []
  var retryTimer: LoopTimer?
  var remoteRetryTimer: LoopTimer?
  var remoteRetry = Gateway.firstRemoteRetry
  /// The tasks that the gateway has made of calls.
  lazy var offeredTasks = OfferedTasks(of: session, configuration.gateway.tasks) {
    [unowned self] task in tell(task)
  }
  /// What legacy services are told that the client can do: all that it has ever declared.
  var declared = ClientProfile.none
  /// How the services do, and what was counted of them.
  private(set) lazy var health = HealthWatch(of: self)
  /// Whether a collector is sent spans, so that the client's are looked for.
  @exclusivity(unchecked) var wantsSpans = false
  var ending: Ending?
  /// When the end began; meaningless before.
  var beganEnding = Instant.zero

  package init(_ configuration: Configuration, surroundings: Surroundings) {
    self.configuration = configuration
    self.surroundings = surroundings
    log = surroundings.log
    pages = ListPages(pageSize: configuration.gateway.limits.page)
    absoluteTime = configuration.gateway.deadlines.absolute.inNanoseconds
    kept = KeptResults(configuration.gateway.cache)
    startQueue = StartQueue(limit: configuration.gateway.processes.parallel)
    callLoad = CallLoad(configuration.gateway.limits)
    discoveries = StartQueue(limit: configuration.gateway.discovery.parallel)
    session = ClientSession(
      input: surroundings.input, output: surroundings.output, configuration: configuration.gateway,
      log: surroundings.log)
    session.delegate = self
    callLoad.deal = { [unowned self] in dealRoom() }
    for manifest in configuration.ready { add(manifest) }
    noteOrder()
    recallOffers()
    for name in surroundings.store?.switchedOff() ?? [] { switchOff(name) }
    takeProfiles()
    rebuildCatalogue()
  }

  /// Starts to read the client.
  package func begin() {
    session.begin()
    health.begin()
  }

  // MARK: The catalogue

  /// Takes what each service offered last time from the state file.
  private func recallOffers() {
    let records = surroundings.store?.allCatalogues() ?? []
    for service in services { recall(service, records) }
  }

  /// Takes what one service offered last time; without it, it has to be asked.
  func recall(_ service: Service, _ records: [CatalogueRecord]) {
    let record = records.first { $0.service == service.name && $0.digest == service.digest }
    service.offer = record.flatMap { Offer($0) }
    if service.offer == nil { undiscovered.insert(service.index) }
  }

  /// Makes the catalogue anew; returns which lists are different now.
  @discardableResult
  func rebuildCatalogue() -> Set<Announcement> {
    let old = catalogue
    let before = shownBefore ?? shownNow
    let isAlone = services.count == 1 && restServices.isEmpty
    catalogue = Catalogue(offers, isAlone: isAlone)
    pages.reset()
    session.identity = isAlone ? .of(services.first?.offer) : .gateway
    for service in services {
      service.takeNames(catalogue.uriNames[service.index], isAlone: services.count == 1)
    }
    for collision in catalogue.collisions where !old.collisions.contains(collision) {
      log(
        .error, "catalogue.collision",
        [
          "name": Printable.text(collision.name),
          "services": collision.services.joined(separator: ", "),
          "next": collision.advice,
        ])
    }
    return views == nil && shownBefore == nil
      ? Announcement.differences(old, catalogue) : showAnew(instead: old, before)
  }

  /// What is offered, in the order of the configuration.
  private var offers: [(index: Int, manifest: ServiceManifest, offer: Offer)] {
    var offers = services.compactMap { service in
      service.offer.map { (index: service.index, manifest: service.manifest, offer: $0) }
    }
    let own = Surface.offer(configuration.gateway.surface).map {
      [(index: Surface.index, manifest: Surface.manifest, offer: $0)]
    }
    guard !restServices.isEmpty else { return offers + (own ?? []) }
    offers += restServices.map { ($0.index, $0.manifest, $0.offer) }
    let order = rank
    offers.sort { left, right in
      order[left.manifest.name] ?? 0 < order[right.manifest.name] ?? 0
    }
    return offers + (own ?? [])
  }

  /// The identity of a command, under which its catalogue and era are kept.
  func digest(of manifest: ServiceManifest) -> String {
    if let remote = manifest.remote { return remote.digest }
    let process = manifest.process
    let found = try? Launch.executable(of: process, inherited: surroundings.environment)
    let executable = found ?? process.command
    return CommandDigest.of(
      executable: executable, arguments: process.arguments,
      environmentNames: process.environment.map(\.name), directory: process.directory,
      stamp: FileStamp(path: executable))
  }
}
