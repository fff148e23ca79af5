/// What a soak has shown, and what of it is not flat. A value: it can be tested with figures that
/// rise.
package struct SoakReport: Sendable {
  package var points: [QuietPoint] = []
  /// What else was wrong.
  package var complaints: [String] = []

  package init(points: [QuietPoint] = [], complaints: [String] = []) {
    self.points = points
    self.complaints = complaints
  }

  /// Everything that is wrong; empty if nothing is.
  package var faults: [String] { complaints + counts + connections + memory }

  /// Kept connections to four servers: as many as calls were under way at a time, each.
  static let mostConnections = 2_000

  private var connections: [String] {
    var found = points.filter { $0.connections > Self.mostConnections }.map {
      "hour \($0.hour): \($0.connections) connections to servers"
    }
    // At midnight there are fewer calls than at noon.
    let most = points.prefix(points.count / 2 + 1).map(\.connections).max() ?? 0
    if points.count >= 10, let last = points.last, last.connections > max(most, 64) {
      found.append("\(last.connections) connections to servers in the end, and \(most) by noon")
    }
    return found
  }

  /// Of what can be counted, there is as much as at the first quiet point.
  private var counts: [String] {
    guard let first = points.first else { return ["there was no quiet point"] }
    return points.dropFirst().flatMap { point in
      [
        ("descriptors", point.descriptors, first.descriptors),
        ("threads", point.threads, first.threads), ("children", point.children, first.children),
      ].filter { $0.1 > $0.2 }.map {
        "hour \(point.hour): \($0.1) \($0.0), and \($0.2) at the beginning"
      }
    }
  }

  /// KiB in a whole run that are no growth.
  static let noise = 1_024.0
  /// KiB that buffers may keep after the first large messages: some hundreds for each of eight
  /// services.
  static let buffers = 4_096.0

  /// In the last 70 % of the run memory grows by less than 2 % of its mean, or a MiB; and in the end
  /// it is at most a tenth above what it was after 20 %. Only of runs with ten hours or more.
  private var memory: [String] {
    guard points.count >= 10 else { return [] }
    let late = points[(points.count * 3 / 10)...].map { Double($0.memory) }
    let mean = late.reduce(0, +) / Double(late.count)
    let growth = Self.slope(late) * Double(points.count)
    var found: [String] = []
    if growth > max(Self.noise, mean * 0.02) {
      found.append("memory grows by \(Int(growth)) KiB in a run, of \(Int(mean)) KiB")
    }
    let mark = Double(points[points.count / 5].memory)
    if let end = late.last, end > mark * 1.1 + Self.buffers {
      found.append("memory is \(Int(end)) KiB in the end, and was \(Int(mark)) KiB after 20 %")
    }
    return found
  }

  /// The rise from one value to the next of the straight line through all of them.
  static func slope(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let middle = (count - 1) / 2
    let mean = values.reduce(0, +) / count
    var above = 0.0
    var below = 0.0
    for (place, value) in values.enumerated() {
      above += (Double(place) - middle) * (value - mean)
      below += (Double(place) - middle) * (Double(place) - middle)
    }
    return below > 0 ? above / below : 0
  }
}
