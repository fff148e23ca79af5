package import RawJSON

/// What the file of a login holds: the login, or that it is in the keyring.
package enum StoredLogin: Hashable, Sendable {
  case here(Credential)
  /// For this address.
  case keyring(service: String)

  /// Nil for what is neither.
  package init?(_ json: JSONValue) {
    if json["keyring"] == "secret-tool", let service = json["service"]?.stringValue {
      self = .keyring(service: service)
    } else if let credential = Credential(json) {
      self = .here(credential)
    } else {
      return nil
    }
  }

  package var json: JSONValue {
    switch self {
    case .here(let credential): credential.json
    case .keyring(let service): ["keyring": "secret-tool", "service": .string(service)]
    }
  }

  package func isFor(_ address: String) -> Bool {
    switch self {
    case .here(let credential): credential.isFor(address)
    case .keyring(let service): service.isByteEqual(to: address)
    }
  }
}
