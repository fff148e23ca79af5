package import RawJSON

/// What a service says of itself as a protected resource (RFC 9728).
package struct ResourceMetadata: Hashable, Sendable {
  /// Where to look, in order: what the challenge names, then the well-known places.
  ///
  /// - Throws: the challenge names a place that must not be asked, such as another origin.
  package static func places(
    for service: WebAddress, _ challenge: Challenge?
  ) throws(Refusal) -> [WebAddress] {
    if let named = challenge?.resourceMetadata {
      let place = try WebAddress(
        named, as: "'resource_metadata' of the challenge", namedBy: service)
      guard place.isSameOrigin(as: service) else {
        throw Refusal(
          "'resource_metadata' of the challenge is at '\(place.originText)' and not at the service."
        )
      }
      return [place]
    }
    let wellKnown = "/.well-known/oauth-protected-resource"
    let specific = service.at(wellKnown + service.path)
    return [specific, service.at(wellKnown)].compactMap { $0 }.reduce(into: []) { places, place in
      if !places.contains(place) { places.append(place) }
    }
  }

  /// As the service writes itself: what tokens are asked for (RFC 8707).
  package let resource: String
  /// Issuers, in its order; at least one.
  package let servers: [WebAddress]
  package let scopes: [String]

  /// Reads the document that was found for a service.
  package init(_ document: JSONValue, of service: WebAddress) throws(Refusal) {
    guard let text = document["resource"]?.stringValue else {
      throw Refusal("The service's metadata does not say which resource it is about.")
    }
    let resource = try WebAddress(text)
    // Its own address, or one above it (RFC 9728 section 3.3, MCP authorization).
    let isAbove =
      service.path.isByteEqual(to: resource.path)
      || service.path.utf8.starts(with: (resource.path + "/").utf8)
    guard resource.isSameOrigin(as: service), isAbove else {
      throw Refusal("The service's metadata is about '\(text.shown)', which is another resource.")
    }
    var servers: [WebAddress] = []
    for server in document["authorization_servers"]?.arrayValue ?? [] {
      guard let name = server.stringValue else { continue }
      servers.append(try WebAddress(name, as: "The authorization server", namedBy: service))
    }
    guard !servers.isEmpty else {
      throw Refusal("The service's metadata names no authorization server.")
    }
    self.resource = text
    self.servers = servers
    scopes = (document["scopes_supported"]?.arrayValue ?? []).compactMap(\.stringValue)
  }
}
