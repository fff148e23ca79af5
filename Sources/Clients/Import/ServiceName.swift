/// Names of services and secrets: at most 32 bytes of `[A-Za-z0-9_-]`.
enum ServiceName {
  enum Kind { case service, secret }

  private static let longest = 32

  /// The name with `_` for what it may not have.
  static func legal(_ name: String, for kind: Kind) -> String {
    var bytes = name.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    // The prefixes of the gateway's own tools.
    let isReserved = ["gateway_", "tools_"].contains { (bytes + [0x5F]).starts(with: $0.utf8) }
    if kind == .service, isReserved { bytes = Array("server-".utf8) + bytes }
    let cut = bytes.prefix(longest)
    return cut.isEmpty ? "server" : String(decoding: cut, as: UTF8.self)
  }

  /// The name, with a number behind it where it is taken.
  ///
  /// - Parameter taken: in lower case: names that differ in case only count as one.
  static func free(_ name: String, _ taken: Set<String>) -> String {
    guard taken.contains(name.lowercased()) else { return name }
    for number in 2... {
      let end = "-\(number)"
      let next = String(name.prefix(longest - end.count)) + end
      if !taken.contains(next.lowercased()) { return next }
    }
    return name
  }
}

/// A word as a person would type it in a shell.
enum CommandWord {
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./:=@%+,".utf8.contains(byte)
        }
      }
    return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }
}

/// What is taken for secret by its name.
enum SecretName {
  /// A variable of the environment.
  static func isVariable(_ name: String) -> Bool {
    let name = name.uppercased()
    return [
      "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "APIKEY", "_KEY", "PAT",
    ]
    .contains { name.hasSuffix($0) || (name.contains($0) && $0.count > 5) }
  }

  /// - Parameter name: in lower case.
  static func isHeader(_ name: String) -> Bool {
    ["auth", "cookie", "token", "secret", "key", "password", "credential"]
      .contains { name.contains($0) }
  }

  /// Headers that only the gateway writes.
  /// - Parameter name: in lower case.
  static func isOfTransport(_ name: String) -> Bool {
    name.utf8.starts(with: "mcp-".utf8)
      || ["accept", "content-type", "content-length", "host", "connection", "last-event-id"]
        .contains(name)
  }

  /// Whether a field of the query has such a name.
  static func isInQuery(of url: String) -> Bool {
    let query = url.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    return query.split(separator: "&").contains { field in
      let name = String(field.prefix { $0 != "=" }).lowercased()
      return isHeader(name) && name != "keyword"
    }
  }
}
