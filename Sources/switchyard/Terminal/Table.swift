/// Rows in columns; the last column takes what is left of the line.
struct Table {
  var rows: [[String]] = []

  /// The table as text.
  /// - Parameter width: lines are cut there; nil leaves them whole, for files and pipes.
  func text(width: Int?) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        let isFollowed = row[(column + 1)...].contains { !$0.isEmpty }
        if isFollowed { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
      }
      if let width, line.count > width { line = line.prefix(max(1, width - 1)) + "…" }
      text += line + "\n"
    }
    return text
  }
}
