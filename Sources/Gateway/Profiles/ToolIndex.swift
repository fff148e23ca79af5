/// The names of tools that are not listed, for the description of a tool that finds them.
///
/// Hosts cut descriptions at about 2 KB, so the text has a bound. Where the names of all do not
/// fit, every service tells as many as its share allows, and how many more it has.
struct ToolIndex {
  /// The tools of one service.
  struct Group: Hashable {
    var service: String
    var tools: [String]
  }

  /// In the order of the catalogue; none is empty.
  let groups: [Group]

  var count: Int { groups.reduce(0) { $0 + $1.tools.count } }

  /// - Parameter limit: in bytes.
  func text(limit: Int) -> String {
    let whole = groups.map { "\($0.service): \($0.tools.joined(separator: ", "))" }
      .joined(separator: "; ")
    if whole.utf8.count <= limit { return whole }
    // Room for `; ` behind each, and for how many services are left out at the end.
    var room = limit - 24
    var parts: [String] = []
    for (index, group) in groups.enumerated() {
      let share = room / (groups.count - index) - 2
      let part = ToolIndex.text(of: group, limit: max(share, 0))
      guard part.utf8.count + 2 <= room else {
        parts.append("\(groups.count - index) more services")
        break
      }
      room -= part.utf8.count + 2
      parts.append(part)
    }
    return parts.joined(separator: "; ")
  }

  /// At least the service and how many tools it has.
  private static func text(of group: Group, limit: Int) -> String {
    let count = group.tools.count
    var shown: [String] = []
    // Room for the end ` and N more`.
    var size = group.service.utf8.count + 2 + 14
    for tool in group.tools {
      size += tool.utf8.count + 2
      guard size <= limit else { break }
      shown.append(tool)
    }
    if shown.isEmpty { return "\(group.service) (\(count))" }
    let rest = count - shown.count
    return "\(group.service): \(shown.joined(separator: ", "))"
      + (rest > 0 ? " and \(rest) more" : "")
  }
}
