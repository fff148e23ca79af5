import Backend
import Glibc
import Loop
import Manifest
import RawJSON
import Resilience
import Store
import Telemetry

/// Services that come and go while the gateway runs.
extension Gateway {
  enum SwitchResult {
    case done
    /// It is that way already.
    case unchanged
    /// No service has this name, or its manifest keeps it off, and why.
    case impossible(String)
  }

  /// Switches a service on or off for this gateway; who asks for it keeps it in the state file.
  func turn(_ name: String, on: Bool) -> SwitchResult {
    guard ending == nil else { return .impossible("The gateway is ending.") }
    if (switchedOff[name] == nil) == on, isServed(name) == on { return .unchanged }
    if !on, isServed(name) {
      switchOff(name)
    } else if on, let service = switchedOff[name] {
      switchOn(name, service)
    } else {
      return .impossible(whyNotServed(name))
    }
    log(.info, on ? "service.switched_on" : "service.switched_off", ["service": name])
    servicesChanged()
    return .done
  }

  /// Switches a service on or off here, in every other gateway of the state folder, and in the
  /// state file; says why not.
  func turnEverywhere(_ name: String, on: Bool) -> SwitchResult {
    let result = turn(name, on: on)
    if case .impossible = result { return result }
    _ = surroundings.store?.turn(name, on: on, now: Gateway.secondsSince1970())
    let command: JSONValue = [
      "command": on ? "enable" : "disable", "service": .string(name),
    ]
    let line = command.serialized()
    let state = surroundings.state
    let own = getpid()
    // Others may be slow to answer, and nobody waits for them.
    OffLoop.run(
      stack: 256 << 10, fallback: 0,
      work: {
        ControlAddress.all(in: state).count { address in
          address.pid != own && (try? address.ask(line, milliseconds: 5_000)) != nil
        }
      },
      completion: { [log] count in
        log(.info, "service.switch_told", ["service": name, "gateways": String(count)])
      })
    return result
  }

  private func isServed(_ name: String) -> Bool {
    services.contains { $0.name == name } || restServices.contains { $0.name == name }
  }

  private func whyNotServed(_ name: String) -> String {
    let entry = configuration.services.first { $0.name == name }
    switch entry?.state {
    case nil: return "There is no service '\(Printable.text(Array(name.utf8), limit: 64))'."
    case .off(let reasons):
      let why = reasons.first.map { $0.description } ?? "its manifest is broken"
      return "Service '\(name)' is off: \(why)"
    case .disabled:
      return "Service '\(name)' is switched off by its manifest, which says `enabled: false`."
    case .ready: return "Service '\(name)' is not served."
    }
  }

  /// Takes a service out of what is served; what it has accepted is answered.
  func switchOff(_ name: String) {
    if let service = services.first(where: { $0.name == name }) {
      services.removeAll { $0 === service }
      switchedOff[name] = SwitchedOffService(kind: .process(service))
      putAside(service)
    } else if let service = restServices.first(where: { $0.name == name }) {
      restServices.removeAll { $0 === service }
      switchedOff[name] = SwitchedOffService(kind: .rest(service))
    }
  }

  private func switchOn(_ name: String, _ service: SwitchedOffService) {
    switchedOff[name] = nil
    switch service.kind {
    case .process(let service):
      services.append(service)
      service.comeBack()
      if service.offer == nil { undiscovered.insert(service.index) }
      if session.isActive { wakeEarly(service) }
    case .rest(let service): restServices.append(service)
    }
    putInOrder()
  }

  private func putAside(_ service: Service) {
    undiscovered.remove(service.index)
    service.leave()
  }

  // MARK: What a reload does

  /// Serves one more service, the last in order.
  func add(_ manifest: ServiceManifest) {
    if let api = manifest.rest {
      let service = slots.addREST { index in
        RESTService(
          index: index, manifest: manifest, api: api, environment: surroundings.environment,
          log: log)
      }
      service.breaker = CircuitBreaker(breakerLimits)
      restServices.append(service)
      return
    }
    let digest = digest(of: manifest)
    services.append(
      slots.add { Service(index: $0, manifest: manifest, digest: digest, host: self) })
  }

  /// Serves a service no more.
  func remove(_ name: String) {
    if switchedOff[name] == nil { switchOff(name) }
    guard let gone = switchedOff.removeValue(forKey: name) else { return }
    switch gone.kind {
    case .process(let service):
      subscriptions.removeAll(of: service.index)
      kept.forget(service.index)
      slots.remove(service)
    case .rest(let service):
      kept.forget(service.index)
      slots.remove(service)
    }
  }

  /// Goes on with another manifest of the same service.
  func change(_ name: String, to manifest: ServiceManifest, needsProcess: Bool) {
    let isOff = switchedOff[name] != nil
    let service = services.first { $0.name == name } ?? switchedOff[name]?.service
    guard let service, manifest.rest == nil else {
      // Of an API nothing runs: calls that are with the old one end there.
      remove(name)
      add(manifest)
      if isOff { switchOff(name) }
      if let added = services.last, added.name == name { meet(added) }
      return
    }
    // Looking for the command takes time, which two hundred services do not have.
    let digest = needsProcess ? digest(of: manifest) : service.digest
    let isAnother = digest != service.digest
    kept.forget(service.index)
    service.adopt(manifest, digest: digest, needsProcess: needsProcess)
    if isAnother {
      // Until it has been asked, what it offered before is the best guess: no call meanwhile is
      // told that its tool is unknown.
      let record = surroundings.store?.catalogue(service: name, digest: digest)
      service.offer = record.flatMap { Offer($0) } ?? service.offer
      service.hasStaleOffer = true
    }
    if !isOff, service.hasStaleOffer { meet(service) }
  }

  /// What a new service offers is asked, once there is a client to tell it to.
  func meet(_ service: Service) {
    if session.isActive { wakeEarly(service) }
  }

  private func wakeEarly(_ service: Service) {
    if undiscovered.contains(service.index) || service.hasStaleOffer {
      ask(service)
    } else if service.manifest.process.start != .onDemand {
      service.wake()
    }
  }

  /// Services stand in the order of the configuration, whatever came when.
  func putInOrder() {
    let order = rank
    services.sort { order[$0.name] ?? 0 < order[$1.name] ?? 0 }
    restServices.sort { order[$0.name] ?? 0 < order[$1.name] ?? 0 }
  }

  /// The place of each service in lists.
  var rank: [String: Int] {
    Dictionary(configuration.ready.map(\.name).enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// The catalogue follows what is served, and clients hear of it.
  func servicesChanged() {
    health.servicesChanged()
    announce(rebuildCatalogue())
    resumeParked()
  }
}

extension SwitchedOffService {
  /// Its process side, if it has one.
  var service: Service? { if case .process(let service) = kind { service } else { nil } }
}
