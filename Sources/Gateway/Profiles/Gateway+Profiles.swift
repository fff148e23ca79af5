import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// Who is shown what.
extension Gateway {
  /// Finds out whether there are profiles at all. One that `--profile` named and that is there no
  /// more goes on: a client must not see more because of a mistake.
  func takeProfiles() {
    let profiles = configuration.gateway.profiles
    if let name = surroundings.profile {
      do throws(UnknownProfile) {
        chosenProfile = try configuration.profile(named: name)
      } catch {
        log(.error, "profile.missing", ["why": "\(error)", "next": "the one from before goes on"])
      }
    }
    guard !profiles.isEmpty || chosenProfile != nil else {
      views = nil
      return
    }
    if let views { return views.change(to: profiles, chosen: chosenProfile) }
    views = ClientViews(
      profiles, chosen: chosenProfile, pageSize: configuration.gateway.limits.page
    ) { [unowned self] profile, budget in
      let contents = ProfileContents(profile, budget: budget, of: catalogue) { serviceName($0) }
      tell(contents, of: profile)
      return contents
    }
  }

  /// Other profiles, or other pages; `rebuildCatalogue` follows.
  func changeProfiles(from old: GatewayConfiguration) {
    views?.pageSize = configuration.gateway.limits.page
    guard old.profiles != configuration.gateway.profiles else { return }
    shownBefore = shownNow
    takeProfiles()
    if views?.knowsModern == false, session.hasUsedModern {
      // What its client is called it says with its next request.
      announce(Set(Announcement.allCases))
    }
  }

  func serviceName(_ index: Int) -> String? {
    index == Surface.index ? Profile.gatewayService : manifest(index)?.name
  }

  /// What the client of a request is shown; nil is everything.
  func view(of request: Incoming) -> ClientView? {
    guard let views, !request.isPut else { return nil }
    guard request.client.era == .modern else { return views.view(ofLegacy: legacyClient) }
    return views.view(ofModern: request.envelope.clientInfo, in: request.line)
  }

  /// A legacy client has said what it is called.
  func meet(_ request: Incoming) {
    let bytes = request.line.bytes
    let name = JSON.member("name", of: request.envelope.clientInfo, in: bytes)
    legacyClient = JSON.string(name, in: bytes) ?? []
  }

  /// What is told without a request goes to the client that spoke last.
  private var newestView: ClientView? {
    guard let views else { return nil }
    return session.newestEra == .modern
      ? views.newestModern : views.view(ofLegacy: legacyClient)
  }

  /// Whether what a service tells or asks unasked is kept from the client.
  func isHidden(_ service: Service) -> Bool {
    guard let view = newestView else { return false }
    return !view.profile.selects(service: service.name)
  }

  /// Whether the client of a request is shown a service.
  func shows(_ service: Int, to request: Incoming) -> Bool {
    guard let view = view(of: request) else { return true }
    return serviceName(service).map(view.profile.selects) ?? false
  }

  /// The name of the newest client's profile.
  var newestProfile: String? { newestView?.profile.name }

  // MARK: Lists

  func page(_ kind: Offer.Kind, cursor: [UInt8]?, for request: Incoming) -> [UInt8]? {
    guard let view = view(of: request) else {
      return pages.page(kind, cursor: cursor, era: request.client.era, of: catalogue)
    }
    return view.page(kind, cursor: cursor, era: request.client.era)
  }

  /// Whether a service was never asked whose offer belongs into the answer.
  func lacksOffers(for request: Incoming) -> Bool {
    guard !undiscovered.isEmpty, let view = view(of: request) else { return !undiscovered.isEmpty }
    return undiscovered.contains { serviceName($0).map(view.profile.selects) ?? false }
  }

  /// The lists that a client is given now, in each era.
  var shownNow: [Catalogue] {
    guard let views else { return [catalogue, catalogue] }
    return [
      views.view(ofLegacy: legacyClient)?.contents.shown ?? catalogue,
      views.newestModern?.contents.shown ?? catalogue,
    ]
  }

  /// The catalogue is another; says which lists are different for the client.
  func showAnew(instead old: Catalogue, _ before: [Catalogue]) -> Set<Announcement> {
    shownBefore = nil
    views?.showAnew()
    let now = shownNow
    guard session.legacyRevision != nil || session.hasUsedModern else {
      return Announcement.differences(old, catalogue)
    }
    var changes: Set<Announcement> = []
    if session.legacyRevision != nil {
      changes.formUnion(Announcement.differences(before[0], now[0]))
    }
    if session.hasUsedModern { changes.formUnion(Announcement.differences(before[1], now[1])) }
    return changes
  }

  // MARK: Names

  /// Where a URI of a client leads; nil where the client is shown nothing of that service.
  func target(of uri: [UInt8], for request: Incoming) -> (service: Int, own: [UInt8])? {
    guard let target = catalogue.resolve(uri) ?? onlyResource(uri),
      views == nil || shows(target.service, to: request)
    else { return nil }
    return target
  }

  /// Whether a request that waits can be answered.
  func isKnown(_ request: Incoming, in view: ClientView) -> Bool {
    let callable = view.contents.callable
    let envelope = request.envelope
    switch envelope.method {
    case .toolsCall:
      guard let entry = callable.entry(.tools, namedAt: envelope.name, in: request.line) else {
        return false
      }
      guard case .index(let tool) = view.contents.handling(of: entry) else { return true }
      // The tools that find others are asked for all there is; one that calls, for its own.
      let inner = JSON.member("name", of: envelope.arguments, in: request.line.bytes)
      return !lacksOffers(for: request)
        || tool == .call && JSON.isString(inner, in: request.line.bytes)
          && callable.entry(.tools, namedAt: inner, in: request.line) != nil
    case .promptsGet:
      return callable.entry(.prompts, namedAt: envelope.name, in: request.line) != nil
    case .resourcesRead:
      let uri = JSON.string(envelope.uri, in: request.line.bytes) ?? []
      return target(of: uri, for: request) != nil
    case .toolsList, .promptsList, .resourcesList, .resourcesTemplatesList:
      return !lacksOffers(for: request) && !isStale(for: envelope.method)
    default: return false
    }
  }

  /// Says once what a profile names in vain.
  private func tell(_ contents: ProfileContents, of profile: Profile) {
    for collision in contents.shown.collisions
    where toldOfProfiles.insert("\(profile.name) \(collision.services) \(collision.name)").inserted
    {
      log(
        .error, "catalogue.collision",
        [
          "profile": profile.name, "name": Printable.text(collision.name),
          "services": collision.services.joined(separator: ", "),
          "next": "give one of them another name in the profile or its manifest",
        ])
    }
    guard undiscovered.isEmpty else { return }
    for name in profile.tools.names {
      let isThere = Array(name.utf8).withUnsafeBytes { catalogue.entry(.tools, named: $0) } != nil
      guard !isThere, toldOfProfiles.insert("\(profile.name) \(name)").inserted else { continue }
      log(
        .warning, "profile.unknown_tool",
        ["profile": profile.name, "tool": Printable.text(Array(name.utf8))])
    }
  }
}
