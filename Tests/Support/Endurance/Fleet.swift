import Harness

/// The services of a run: twenty fake backends in eight groups whose members stand in for each
/// other, and one that nobody touches.
package struct Fleet: Sendable {
  package struct Member: Hashable, Sendable {
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
        members.append(member)
      }
    }
    groups = Self.sizes.indices.map { "g\($0)" }
    self.members = members + [Member(name: "control", group: "control", isAlone: true)]
  }

  /// Services without groups, of both eras; the first announces changes.
  package init(alone count: Int) {
    members = (0..<count).map { number in
      var member = Member(
        name: "s\(number)", group: "s\(number)", isAlone: true, isModern: number % 3 == 1)
      member.announces = number == 0
      return member
    }
    groups = members.map(\.group)
  }

  package func members(of group: String) -> [Member] {
    members.filter { $0.group == group }
  }

  /// Seconds that a call of the group may take.
  package func patience(of group: String) -> Int {
    members.first { $0.group == group }?.patience ?? 60
  }
}

extension Fleet.Member {
  /// The manifest as YAML.
  ///
  /// - Parameters:
  ///   - run: the folder of the ledgers and the marker of the processes.
  ///   - version: another one starts another process.
  ///   - note: another one changes nothing but a text.
  func manifest(_ run: (folder: String, marker: ProcessMarker), version: Int, note: Int) -> String {
    var words = [isModern ? "modern" : "legacy", "ledger=\(run.folder)/ledger-\(name)"]
    if leavesChild { words.append("fork=setsid") }
    if announces { words += ["list-changed", "only=fail"] }
    return """
      service: \(name)
      description: Version \(version), note \(note).
      process:
        command: \(WireText.quoted(Sibling.path(of: "switchyard-fake-backend")))
        protocol: \(isModern ? "2026-07-28" : "legacy")
        start: \(isEager ? "always" : "on-demand")
        env:
          FAKEB_SCRIPT: \(WireText.quoted(words.joined(separator: ",")))
          \(ProcessMarker.name): \(WireText.quoted(run.marker.value))
          SERVICE: \(name)
          VERSION: "\(version)"
      \(isAlone ? "" : "group: \(group)")
      limits: {timeout: \(patience)s, concurrent: 4096, queue: 8192}
      tools: {idempotent: [digest, slow]}

      """
  }
}
