import Backend
import Manifest
import RawJSON

/// Turns what a run tells into `notifications/progress` of one call.
///
/// `progress` increases with every notification, as the specification wants: a notification that
/// is not about another part done adds a thousandth. Nothing is sent without a token.
struct RESTNotifier {
  /// The key in `_meta` by which a client asks for items, and under which they come.
  static let itemsKey: StaticString = "switchyard/items"

  /// The client's token as it wrote it; empty if it wants no progress.
  private let token: [UInt8]
  private let stream: REST.Stream
  private let wantsItems: Bool
  private var last = 0.0
  private var done = 0
  private var total: Int?

  init(token: [UInt8], stream: REST.Stream, wantsItems: Bool) {
    self.token = token
    self.stream = stream
    self.wantsItems = wantsItems
  }

  /// The line for a notice; nil if this client gets none.
  mutating func line(for notice: RESTNotice) -> [UInt8]? {
    guard !token.isEmpty else { return nil }
    switch notice {
    case .progress(let done, let total, let message):
      guard stream == .progress else { return nil }
      advance(to: done, of: total)
      return line(message)
    case .items(let items, let count):
      guard stream == .incremental else { return nil }
      advance(to: count, of: nil)
      return line("\(count) items", wantsItems ? items : [])
    case .status(let message):
      guard stream != .none else { return nil }
      advance(to: done, of: total)
      return line(message)
    case .wait(let message):
      advance(to: done, of: total)
      return line(message)
    }
  }

  private mutating func advance(to done: Int, of total: Int?) {
    self.done = max(self.done, done)
    self.total = total
    last = max(Double(self.done), last + 0.001)
  }

  private func line(_ message: String, _ items: [JSONText] = []) -> [UInt8] {
    var line = Array(
      #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#.utf8)
    line += token
    line += #","progress":"#.utf8
    line += text(last).utf8
    // The thousandths of waits may lead beyond the total as it is known now.
    if let total, Double(total) >= last { line += #","total":\#(total)"#.utf8 }
    line += #","message":"#.utf8
    JSON.appendQuoted(message.utf8, to: &line)
    if !items.isEmpty {
      line += #","_meta":{"\#(Self.itemsKey)":["#.utf8
      for (index, item) in items.enumerated() {
        if index > 0 { line.append(UInt8(ascii: ",")) }
        item.append(to: &line)
      }
      line += "]}".utf8
    }
    line += "}}".utf8
    return line
  }

  /// Whole numbers without a fraction, others with three digits.
  private func text(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let rest = thousandths % 1000
    guard rest > 0 else { return String(thousandths / 1000) }
    let digits = String(rest)
    let padded = String(repeating: "0", count: 3 - digits.utf8.count) + digits
    return "\(thousandths / 1000).\(padded)"
  }
}
