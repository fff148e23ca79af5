import RawJSON

/// Shows how a call is going: a bar that redraws itself on a terminal, lines elsewhere.
final class ProgressLine {
  private let terminal: Terminal
  private var isDrawn = false

  init(terminal: Terminal) { self.terminal = terminal }

  func show(_ progress: GatewayClient.Progress) {
    let message = progress.message.map { "  " + $0.printable() } ?? ""
    guard terminal.isInteractive else {
      let total = progress.total.map { "/\(Self.text($0))" } ?? ""
      return terminal.write("progress: \(Self.text(progress.progress))\(total)\(message)\n")
    }
    let line = Self.bar(progress) + message
    terminal.write("\r" + line.prefix(max(10, terminal.width - 1)) + "\u{1B}[K")
    isDrawn = true
  }

  /// Removes the bar, so that the result starts on a clean line.
  func clear() {
    if isDrawn { terminal.write("\r\u{1B}[K") }
    isDrawn = false
  }

  /// `[#####·····]  50 %`, or the bare number where the total is unknown.
  static func bar(_ progress: GatewayClient.Progress) -> String {
    guard let total = progress.total, total > 0 else { return "[\(text(progress.progress))]" }
    let part = min(1, max(0, progress.progress / total))
    let full = Int((part * 30).rounded(.down))
    let percent = "\(Int((part * 100).rounded(.down)))"
    let bar = String(repeating: "#", count: full) + String(repeating: "·", count: 30 - full)
    return "[\(bar)] " + String(repeating: " ", count: 3 - percent.count) + percent + " %"
  }

  private static func text(_ number: Double) -> String {
    if let whole = Int64(exactly: number) { return "\(whole)" }
    return "\(number)"
  }
}
