import Loop
import MCP
import Manifest
import Telemetry

/// Why a name leads nowhere: unknown, claimed by two, switched off, or of a
/// service that could not be asked. Never just "unknown" when more is known.
extension Gateway {
  func refusal(_ kind: Offer.Kind, name: [UInt8]) -> CallError {
    let shown = Printable.text(name, limit: 80)
    let word = kind == .prompts ? "prompt" : "tool"
    if let collision = name.withUnsafeBytes({ catalogue.collision(kind, named: $0) }) {
      let services = collision.services.map { "'\($0)'" }.joined(separator: " and ")
      if let group = sharedGroup(of: collision) {
        return .invalidParams(
          "The services \(services) of group '\(group)' define the \(word) '\(shown)' with different "
            + "schemas, so none of them gets the call; make them equal, or leave it out of one.",
          reason: "schemas_differ")
      }
      if !collision.ownNames.isEmpty {
        let own = collision.ownNames.map { "'\(Printable.text($0, limit: 80))'" }
          .joined(separator: " and ")
        return .invalidParams(
          "The \(word) '\(shown)' is what \(own) of service \(services) both come to, so neither "
            + "gets the call; give one another name with tools.rename.", reason: "name_collision")
      }
      return .invalidParams(
        "The \(word) '\(shown)' is claimed by the services \(services), so none of them gets the "
          + "call; give one another tools.prefix.", reason: "name_collision")
    }
    if let service = services.first(where: { hides(name, kind, $0) }) {
      return CallError(
        code: .toolDisabled,
        message: "The \(word) '\(shown)' is left out by the manifest of service '\(service.name)'.",
        service: service.name, reason: "tool_hidden")
    }
    if let off = switchedOff.values.first(where: { $0.offers(name, kind) }) {
      return .serviceOff(off.name, why: SwitchedOffService.advice(off.name))
    }
    for entry in configuration.services where entry.manifest == nil {
      guard name.starts(with: Array(entry.name.utf8) + [UInt8(ascii: "_")]) else { continue }
      return .serviceOff(entry.name, why: whyOff(entry))
    }
    for service in services where name.starts(with: service.manifest.prefix.utf8) {
      guard service.offer == nil || service.lack != nil, !service.manifest.prefix.isEmpty
      else { continue }
      guard let failure = service.lastFailure ?? service.lack else { continue }
      return .backend(failure, service: service.name)
    }
    return .unknown(word, "'\(shown)'")
  }

  func refusal(uri: [UInt8], client: ClientContext) -> CallError {
    var error = CallError.unknown("resource", "'\(Printable.text(uri, limit: 120))'")
    if client.era == .legacy { error.code = .resourceNotFound }
    return error
  }

  private func hides(_ name: [UInt8], _ kind: Offer.Kind, _ service: Service) -> Bool {
    guard kind == .tools, let items = service.offer?.items[.tools] else { return false }
    return items.contains { item in
      !service.manifest.tools.admits(item.name)
        && PublicItem.qualified(item.name, service.manifest) == name
    }
  }

  private func whyOff(_ entry: ServiceEntry) -> String {
    switch entry.state {
    case .off(let diagnostics): diagnostics.first.map { $0.message } ?? "its manifest is broken."
    case .disabled: "its manifest says `enabled: false`."
    case .ready: ""
    }
  }
}
