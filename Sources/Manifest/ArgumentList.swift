import YAML

/// A command's arguments while they are read, with the rules that keep values from
/// becoming options or code (reliability row S08).
struct ArgumentList {
  /// One argument, with its values and without.
  struct Item {
    var template: Template
    var text: String
    var node: Node

    /// The part that the manifest itself wrote, up to the first reference.
    var literalHead: String {
      if case .literal(let text)? = template.parts.first { text } else { "" }
    }
  }

  private let command: String
  private let items: [Item]

  init(command: String, items: [Item]) {
    self.command = command
    self.items = items
  }

  /// A mistake and the argument that makes it, counted from 0.
  struct Refusal {
    var index: Int
    var message: String
  }

  /// Every argument that breaks a rule.
  func refusals() -> [Refusal] { valuesAsOptions() + valuesAsCode() }

  /// A value that begins with '-' would be an option, unless `--` ended them before.
  private func valuesAsOptions() -> [Refusal] {
    let end = items.firstIndex { $0.text == "--" && !$0.template.hasReferences } ?? items.count
    return items[..<end].indices.compactMap { index in
      let item = items[index]
      guard item.template.beginsWithReference, item.text.utf8.first == UInt8(ascii: "-") else {
        return nil
      }
      return Refusal(
        index: index,
        message: "begins with '-' once its variables are filled in, so it would be taken for an "
          + "option; put '--' before it, or write '--option=${env:NAME}'")
    }
  }

  /// A value in the text that an interpreter runs.
  private func valuesAsCode() -> [Refusal] {
    var interpreter = Interpreter(command: command)
    // Whether nothing but options has followed the interpreter.
    var isEarly = true
    var isCodeNext = false
    var refusals: [Refusal] = []
    for (index, item) in items.enumerated() {
      let head = item.literalHead
      let hasValue = item.template.hasReferences
      if head.utf8.first == UInt8(ascii: "-"), head.utf8.count > 1 {
        guard let interpreter, interpreter.runsCode(after: head, isEarly: isEarly) else { continue }
        isCodeNext = true
        if hasValue { refusals.append(Self.code(index, interpreter)) }
      } else {
        if let interpreter, isCodeNext, hasValue { refusals.append(Self.code(index, interpreter)) }
        isCodeNext = false
        // `env sh -c`, `nice python3 -c`, `busybox sh -c`: the interpreter may be an argument.
        let another = Interpreter(command: item.text)
        isEarly = another != nil
        interpreter = another ?? interpreter
      }
    }
    return refusals
  }

  private static func code(_ index: Int, _ interpreter: Interpreter) -> Refusal {
    Refusal(
      index: index,
      message: "would put the value of a variable into code that \(interpreter.name) runs; "
        + "hand it over in 'process.env' and read it there")
  }
}

/// A program that runs code from its arguments.
struct Interpreter {
  let name: String
  /// Letters that announce code, alone or among other single-letter options (`-lc`).
  private let letters: Set<UInt8>
  /// The same, but only before the first argument that is not an option: a script's own
  /// options use them too (`node server.js -p 80`).
  private let earlyLetters: Set<UInt8>

  private static let known: [(names: [String], letters: String, early: String)] = [
    (["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh"], "c", ""),
    (["python", "pypy", "ipython"], "c", ""),
    (["node", "nodejs", "bun", "deno", "tsx", "ts-node"], "e", "p"),
    (["perl", "ruby", "lua", "luajit", "julia", "raku"], "e", "E"),
    (["php"], "", "rBRE"),
    (["pwsh", "powershell"], "ce", "CE"),
    (["osascript", "expect", "Rscript", "ghc"], "e", "c"),
    (["npx", "npm"], "", "c"),
  ]

  /// nil unless the last component of `command`, less a version, is a known interpreter.
  init?(command: String) {
    let base = command.utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) } ?? []
    var end = base.count
    while end > 0, TextRule.isDigit(base[end - 1]) || base[end - 1] == UInt8(ascii: ".") {
      end -= 1
    }
    let name = String(decoding: base[..<end], as: UTF8.self)
    guard let entry = Self.known.first(where: { $0.names.contains(name) }) else { return nil }
    self.name = name
    letters = Set(entry.letters.utf8)
    earlyLetters = Set(entry.early.utf8)
  }

  /// Whether `option`, which begins with '-', says that code follows in it or after it.
  func runsCode(after option: String, isEarly: Bool) -> Bool {
    let bytes = Array(option.utf8)
    if bytes.starts(with: "--".utf8) {
      let word = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "=") }
      let words = ["eval", "print", "command", "call", "run", "exec", "execute"]
      return words.contains { $0.utf8.elementsEqual(word) }
    }
    // PowerShell writes its long options with one dash.
    let word = String(decoding: bytes.dropFirst(), as: UTF8.self).lowercased()
    if ["command", "encodedcommand"].contains(word) { return true }
    let announcing = isEarly ? letters.union(earlyLetters) : letters
    let cluster = bytes.dropFirst().prefix(while: TextRule.isNameByte)
    if let first = cluster.first, announcing.contains(first) { return true }
    return cluster.count <= 4 && cluster.contains { announcing.contains($0) }
  }
}
