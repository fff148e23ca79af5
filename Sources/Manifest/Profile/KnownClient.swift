/// What is known of clients by the names that they give themselves.
package enum KnownClient: CaseIterable, Sendable {
  case cursor, windsurf, vscode

  /// As many tools of all servers together as its models are shown.
  package var mostTools: Int {
    switch self {
    case .cursor: 40
    case .windsurf: 100
    case .vscode: 128
    }
  }

  /// What it calls itself.
  package var usualName: [UInt8] {
    switch self {
    case .cursor: Array("cursor-vscode".utf8)
    case .windsurf: Array("windsurf-client".utf8)
    case .vscode: Array("Visual Studio Code".utf8)
    }
  }

  /// A pattern for `client` of a profile that is meant for it.
  package var usualPattern: String { (beginnings.first ?? "") + "*" }

  /// How the names begin, in lower case.
  private var beginnings: [String] {
    switch self {
    case .cursor: ["cursor"]
    case .windsurf: ["windsurf"]
    case .vscode: ["visual studio code", "vscode"]
    }
  }

  /// As many tools as a client that calls itself so takes; nil where nothing is known of it.
  package static func mostTools(_ name: [UInt8]) -> Int? {
    let name = lowercased(name)
    return allCases.first { client in
      client.beginnings.contains { name.starts(with: $0.utf8) }
    }?.mostTools
  }

  /// ASCII letters only: names of clients are words.
  static func lowercased(_ name: [UInt8]) -> [UInt8] {
    name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}
