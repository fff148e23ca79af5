import Harness

/// The services of a run: twenty fake backends in eight groups whose members stand in for each
/// other, and two that nobody touches. Twelve are processes of the gateway, six are servers of MCP
/// over HTTP and two are APIs; these stand in for each other. Of the two one is a process and one a
/// server: calls of theirs must never fail.
package struct Fleet: Sendable {
  package struct Member: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// A child of the gateway.
      case process
      /// A server over Streamable HTTP, or HTTP+SSE of 2024-11-05.
      case http, sse
      /// An API.
      case rest
    }

    package var kind = Kind.process
    package var name: String
    /// What comes before the names of its tools: the group, or the service alone.
    package var group: String
    /// Nobody stands in for it.
    package var isAlone = false
    /// It is started again without being called.
    package var isEager = false
    /// It says after each of its tool `fail` that its lists have changed.
    package var announces = false
    /// Speaks 2026-07-28, or else 2025-11-25.
    package var isModern: Bool
    /// Leaves a process of its own behind.
    package var leavesChild: Bool
    /// Seconds that a call may take.
    package var patience: Int

    package init(
      name: String, group: String, isAlone: Bool = false, isModern: Bool = false,
      leavesChild: Bool = false, patience: Int = 60
    ) {
      self.name = name
      self.group = group
      self.isAlone = isAlone
      self.isModern = isModern
      self.leavesChild = leavesChild
      self.patience = patience
    }
  }

  /// Members of each group.
  static let sizes = [4, 3, 3, 2, 2, 2, 2, 2]

  package let members: [Member]
  /// The groups that the killer knows, in order.
  package let groups: [String]

  /// - Parameter eager: every member is started again at once when it has ended; or else every
  ///   second one is started when calls have gone past it for a while.
  package init(eager: Bool = true) {
    var members: [Member] = []
    for (group, size) in Self.sizes.enumerated() {
      for _ in 0..<size {
        let number = members.count
        var member = Member(
          name: "s\(number)", group: "g\(group)", isModern: number % 3 == 1,
          leavesChild: number % 7 == 3, patience: group == 0 ? 2 : 60)
        member.isEager = eager || number.isMultiple(of: 2)
        member.kind = Self.kinds[number] ?? .process
        if member.kind == .http { member.isModern = number.isMultiple(of: 3) }
        members.append(member)
      }
    }
    groups = Self.sizes.indices.map { "g\($0)" }
    var calm = Self.calm.map { Member(name: $0, group: $0, isAlone: true) }
    calm[1].kind = .http
    self.members = members + calm
  }

  /// Those that nobody touches.
  static let calm = ["control", "distant"]

  /// Those that are no processes; the last group is the APIs.
  private static let kinds: [Int: Member.Kind] = [
    6: .http, 9: .http, 11: .http, 13: .http, 15: .sse, 17: .sse, 18: .rest, 19: .rest,
  ]

  /// Services without groups, of both eras and all kinds; the first announces changes.
  package init(alone count: Int) {
    let kinds: [Int: Member.Kind] = [3: .http, 4: .http, 6: .sse, 7: .rest]
    members = (0..<count).map { number in
      var member = Member(
        name: "s\(number)", group: "s\(number)", isAlone: true, isModern: number % 3 == 1)
      member.kind = kinds[number] ?? .process
      member.announces = number == 0
      return member
    }
    groups = members.map(\.group)
  }

  package func members(of group: String) -> [Member] {
    members.filter { $0.group == group }
  }

  /// Whether all that the group has are APIs, whose answers are of their own form.
  func isREST(_ group: String) -> Bool { members(of: group).allSatisfy { $0.kind == .rest } }

  /// Seconds that a call of the group may take.
  package func patience(of group: String) -> Int {
    members.first { $0.group == group }?.patience ?? 60
  }
}

extension Fleet.Member {
  /// What the fake backend is told.
  func words(ledgers folder: String, port: Int?) -> String {
    // What is behind an API is asked without an envelope.
    let era = kind == .rest ? "dual" : isModern ? "modern" : "legacy"
    var words = [era, "ledger=\(folder)/ledger-\(name)"]
    if leavesChild, kind == .process { words.append("fork=setsid") }
    if announces { words += ["list-changed", "only=fail"] }
    if let port { words.append("http=\(port)") }
    return words.joined(separator: ",")
  }

  /// The manifest as YAML.
  ///
  /// - Parameters:
  ///   - run: the folder of the ledgers and the marker of the processes.
  ///   - port: of a member that is no process of the gateway.
  ///   - version: another one starts another process, or opens another connection.
  ///   - note: another one changes nothing but a text.
  func manifest(
    _ run: (folder: String, marker: ProcessMarker), port: Int?, version: Int, note: Int
  ) -> String {
    let way =
      switch kind {
      case .process: process(run, version)
      case .http, .sse: remote(port ?? 0, version)
      case .rest: api(port ?? 0, version)
      }
    return """
      service: \(name)
      description: Version \(version), note \(note).
      \(isAlone ? "" : "group: \(group)")
      \(way)

      """
  }

  private var limits: String {
    """
    limits: {timeout: \(patience)s, concurrent: 4096, queue: 8192}
    tools: {idempotent: [digest, slow]}
    """
  }

  private func process(_ run: (folder: String, marker: ProcessMarker), _ version: Int) -> String {
    """
    process:
      command: \(WireText.quoted(Sibling.path(of: "switchyard-fake-backend")))
      protocol: \(isModern ? "2026-07-28" : "legacy")
      start: \(isEager ? "always" : "on-demand")
      env:
        FAKEB_SCRIPT: \(WireText.quoted(words(ledgers: run.folder, port: nil)))
        \(ProcessMarker.name): \(WireText.quoted(run.marker.value))
        SERVICE: \(name)
        VERSION: "\(version)"
    \(limits)
    """
  }

  private func remote(_ port: Int, _ version: Int) -> String {
    """
    http:
      url: http://127.0.0.1:\(port)/\(kind == .sse ? "sse" : "mcp")
      protocol: \(kind == .sse ? "sse" : isModern ? "2026-07-28" : "legacy")
      headers: {X-Version: "\(version)"}
    \(limits)
    """
  }

  private func api(_ port: Int, _ version: Int) -> String {
    let uuid = "uuid: {type: string, required: true}"
    func tool(_ name: String, _ more: String = "", isSafe: Bool = false) -> String {
      "  \(name): {description: Does it., arguments: {\(uuid)\(more)}, post: /rest/\(name)"
        + (isSafe ? ", annotations: {idempotent: true}}" : "}")
    }
    let text = ", text: {type: string}"
    let times = ", ms: {type: integer}, steps: {type: integer}"
    let tools = [
      tool("echo", text), tool("digest", text, isSafe: true), tool("slow", times, isSafe: true),
      tool("fail", text), tool("crash"),
    ]
    return """
      rest:
        url: http://127.0.0.1:\(port)
        headers: {X-Version: "\(version)"}
        connections: {most: 200}
      limits: {timeout: \(patience)s}
      tools:
      \(tools.joined(separator: "\n"))
      """
  }
}
