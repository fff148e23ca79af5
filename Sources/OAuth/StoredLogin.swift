package import RawJSON

/// What the file of a login holds: the login, or that it is in the keyring.
package enum StoredLogin: Hashable, Sendable {
  case here(Credential)
  /// For this address; with the address of the session bus behind which the keyring is.
  case keyring(service: String, bus: String?)

  /// Nil for what is neither.
  package init?(_ json: JSONValue) {
    if json["keyring"] == "secret-tool", let service = json["service"]?.stringValue {
      self = .keyring(service: service, bus: json["bus"]?.stringValue)
    } else if let credential = Credential(json) {
      self = .here(credential)
    } else {
      return nil
    }
  }

  package var json: JSONValue {
    switch self {
    case .here(let credential): return credential.json
    case .keyring(let service, let bus):
      var value: JSONValue = ["keyring": "secret-tool", "service": .string(service)]
      value["bus"] = bus.map { .string($0) }
      return value
    }
  }

  package func isFor(_ address: String) -> Bool {
    switch self {
    case .here(let credential): credential.isFor(address)
    case .keyring(let service, _): service.isByteEqual(to: address)
    }
  }
}
