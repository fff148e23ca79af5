import YAML

// The keys of a manifest of a remote MCP server.

extension ServiceManifest {
  /// Of a server that is reached over HTTP.
  static let remoteFields: [Field<ServiceManifest>] =
    head + [
      .section(
        "http", \.remoteOrNew, "The MCP server that is reached over HTTP.",
        { RemoteService.fields }, isRequired: true)
    ] + offer + tail

  fileprivate var remoteOrNew: RemoteService {
    get { remote ?? RemoteService() }
    set { remote = newValue }
  }

  /// All keys of a manifest of a remote server, in the order of the reference.
  package static var remoteKeys: [KeyDescription] {
    remoteFields.compactMap { $0.describe(ServiceManifest(name: "", file: "")) }
  }
}

extension RemoteService {
  static let fields: [Field<RemoteService>] = [
    .serverAddress(
      "url", \.self, "Where the server is: http:// or https://, with path and query."),
    .serverHeaders("headers", \.headers, "Headers of every request."),
    .section("auth", \.self, "How the server knows us.", { authenticationFields }),
    .choice(
      "protocol", \.protocolChoice, "What it speaks; auto asks it once, sse is HTTP+SSE of 2024."),
  ]

  private static let authenticationFields: [Field<RemoteService>] = [
    .bearer("bearer", \.bearer, "A token, sent as Authorization: Bearer.")
  ]
}

extension Field<RemoteService> {
  /// The address and what follows it, as it was written.
  fileprivate static func serverAddress(
    _ key: String, _ path: @autoclosure @escaping Path<RemoteService>, _ about: String
  ) -> Field {
    value(
      key, about, .text(.path), isRequired: true,
      edit: { node, remote, reader in
        guard let text = reader.shownText(node, .path), !reader.variables.isDry else { return }
        let parts = RemoteURL(text)
        do throws(REST.Address.Malformed) {
          remote.address = try REST.Address(parts.withoutQuery)
          remote.target = parts.target
        } catch {
          return reader.report("\(reader.subject) \(error.message)", at: node.position)
        }
        if !parts.hasPlainQuery {
          reader.report(
            "\(reader.subject) must only hold characters of a URL, and no fragment",
            at: node.position)
        }
      })
  }

  /// Headers that the transport does not write itself.
  fileprivate static func serverHeaders(
    _ key: String, _ path: @autoclosure @escaping Path<[REST.Header]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .table(keys: nil, .text(.word)), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          guard let name = reader.headerName(pair.key, at: pair.keyPosition) else { return nil }
          guard !RemoteURL.isOfTransport(name) else {
            reader.report(
              "the header \(quoted(name)) in \(reader.subject) is set by the gateway",
              at: pair.keyPosition)
            return nil
          }
          return reader.hiddenText(pair.value).map { REST.Header(name: name, value: $0) }
        }
      })
  }

  fileprivate static func bearer(
    _ key: String, _ path: @autoclosure @escaping Path<Secret?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.word), show: { _ in nil },
      parse: { node, reader in reader.credential(node) })
  }
}

/// A URL cut at its question mark.
private struct RemoteURL {
  var withoutQuery: String
  /// Path and query in origin form.
  var target: String
  /// Whether the query, if there is one, needs no encoding.
  var hasPlainQuery: Bool

  init(_ text: String) {
    let bytes = Array(text.utf8)
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    withoutQuery = String(decoding: bytes[..<mark], as: UTF8.self)
    hasPlainQuery = bytes[mark...].allSatisfy {
      (0x21...0x7E).contains($0) && !"\"<>\\^`{|}#".utf8.contains($0)
    }
    // Behind `scheme://authority`.
    var rest = bytes[...]
    for _ in 0..<2 {
      rest = rest[(rest.firstIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? rest.endIndex)...]
    }
    let start = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let target = String(decoding: rest[(start ?? rest.endIndex)...], as: UTF8.self)
    self.target = target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
  }

  /// Whether the transport writes a header of this name.
  static func isOfTransport(_ name: String) -> Bool {
    let lower = name.lowercased()
    return lower.utf8.starts(with: "mcp-".utf8) || lower == "accept" || lower == "last-event-id"
  }
}
