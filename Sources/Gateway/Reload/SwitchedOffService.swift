import Loop
import Manifest
import Telemetry

/// A service that a person has switched off while the gateway runs: kept, so that it can be told
/// apart from one that never was, and come back.
@EventLoop
struct SwitchedOffService {
  enum Kind {
    case process(Service)
    case rest(RESTService)
  }

  let kind: Kind

  var name: String {
    switch kind {
    case .process(let service): service.name
    case .rest(let service): service.name
    }
  }

  /// Whether clients would find something under this name with it.
  func offers(_ name: [UInt8], _ kind: Offer.Kind) -> Bool {
    switch self.kind {
    case .process(let service): offers(name, kind, service.offer, service.manifest)
    case .rest(let service): offers(name, kind, service.offer, service.manifest)
    }
  }

  private func offers(
    _ name: [UInt8], _ kind: Offer.Kind, _ offer: Offer?, _ manifest: ServiceManifest
  ) -> Bool {
    guard let items = offer?.items[kind] else {
      return !manifest.prefix.isEmpty && name.starts(with: manifest.prefix.utf8)
    }
    guard kind == .tools || kind == .prompts else { return items.contains { $0.name == name } }
    return items.contains { item in
      let renamed = kind == .tools ? manifest.tools.renamed(item.name) : nil
      return PublicItem.qualified(renamed.map { Array($0.utf8) } ?? item.name, manifest) == name
    }
  }

  /// What follows "Service 'NAME' is switched off:".
  static func advice(_ name: String) -> String {
    "`switchyard enable \(name)` brings it back."
  }
}
