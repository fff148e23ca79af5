/// `status --watch`: the same view, again and again, without flicker.
///
/// On a terminal the text is drawn over itself, and only when it is another; what does not fit is
/// counted. Elsewhere each new text is printed below the last. Ctrl-C ends it, and so does a reader
/// that goes.
struct StatusWatch {
  let terminal: Terminal
  /// Milliseconds between two looks.
  var pause: Int32 = 1_000
  private var last = ""

  init(terminal: Terminal) { self.terminal = terminal }

  mutating func run(_ view: () -> String) {
    Interrupt.watch()
    if terminal.isInteractive { terminal.write("\u{1B}[2J") }
    while !Interrupt.isPending {
      show(view())
      if terminal.waitsInVain(pause) { return }
    }
  }

  private mutating func show(_ text: String) {
    guard text != last else { return }
    last = text
    guard terminal.isInteractive else { return terminal.write(text) }
    terminal.write(Self.frame(text, rows: terminal.height))
  }

  /// From the upper left corner, line by line, each cleared to its end, and nothing below.
  static func frame(_ text: String, rows: Int) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    let room = max(2, rows - 1)
    if lines.count > room {
      let hidden = lines.count - room + 1
      lines = lines.prefix(room - 1) + ["… \(hidden) more lines"]
    }
    return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
  }
}
