/// What the backend does wrong, read from words such as `delay=50` and `crash@3`.
///
/// Words come from the environment variable FAKEB_SCRIPT (separated by commas)
/// and from the arguments, in that order; a later word overrides an earlier one.
/// A word that is not known is an error, so that no test passes by a typing mistake.
struct Script: Sendable {
  enum Eras { case legacy, modern, both }
  enum Lingerer { case inGroup, inOwnSession, daemon }

  var eras = Eras.both
  var delay: Int?
  var initDelay: Int?
  var crashAt: Int?
  var segvAt: Int?
  var exitAt: (call: Int, code: Int32)?
  var exitAtStart: Int32?
  var hangs = false
  var hangsAtInit = false
  var printsUsage = false
  var garbage = false
  var half = false
  var bigLine: Int?
  var idIsLast = false
  var endless = false
  var duplicates = false
  var spoofsID = false
  var idAsString = false
  var resultAndError = false
  var neither = false
  var badJSON = false
  var wrongVersion = false
  var ignoresTerm = false
  var ignoresEOF = false
  var lingerer: Lingerer?
  var closesStdout = false
  var closesStdin = false
  var stopsReading = false
  var flood: Int?
  var progress: Int?
  var progressAfter = false
  var floodsStderr = false
  var bytesPerSecond: Int?
  var mutatesTools = false
  var listChanged = false
  var reverse = false
  var burstExit: Int?
  var reorder: Int?
  var oneShot = false
  var bom = false
  var crlf = false
  var twoPerLine = false
  var tools: Int?
  var pages = 1
  var sameCursor = false
  var diesOnDiscover = false
  var silentOnDiscover = false
  var prompts = false
  var resources = false
  /// Subscriptions, a log, methods of its own, and tools that tell things.
  var watches = false
  /// Calls may become tasks.
  var tasks = false
  /// Calls that may become tasks must, in the modern era.
  var tasksOnly = false
  var ledger: String?
  var onceFile: String?
  /// The tool whose calls go wrong; every tool where nil.
  var onlyTool: String?
  var starts: String?
  var name = "fake"
  /// Served over HTTP at this port of loopback, instead of stdio.
  var httpPort: Int?
  var wantsHelp = false

  /// Whether answers leave as they are composed, with nothing to alter or delay.
  var isPlain = true

  /// A word that is not known, or whose value is not a number.
  struct BadWord: Error { var word: String }

  init() {}

  init(words: [String]) throws(BadWord) {
    for word in words where !word.isEmpty { try read(word) }
    isPlain = !altersAnswers
  }

  /// What is offered and written down, without anything that goes wrong.
  var withoutFaults: Script {
    var script = Script()
    script.eras = eras
    script.tools = tools
    script.prompts = prompts
    script.resources = resources
    script.watches = watches
    script.tasks = tasks
    script.tasksOnly = tasksOnly
    script.ledger = ledger
    script.starts = starts
    script.onlyTool = onlyTool
    script.name = name
    script.isPlain = !script.altersAnswers
    return script
  }

  /// The words of a FAKEB_SCRIPT or of one argument.
  static func split(_ text: String) -> [String] {
    text.utf8.split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
  }

  private var altersAnswers: Bool {
    if delay != nil || crashAt != nil || segvAt != nil || exitAt != nil || hangs || garbage {
      return true
    }
    if half || bigLine != nil || endless || duplicates || spoofsID || idAsString || resultAndError {
      return true
    }
    if neither || badJSON || wrongVersion || closesStdout || closesStdin || stopsReading {
      return true
    }
    if flood != nil || progress != nil || progressAfter || bytesPerSecond != nil { return true }
    if mutatesTools || listChanged || reverse || burstExit != nil || reorder != nil { return true }
    return oneShot || bom || crlf || twoPerLine || ledger != nil
  }

  private mutating func read(_ word: String) throws(BadWord) {
    if readFlag(word) { return }
    if let (key, value) = word.cut(at: UInt8(ascii: "@")) {
      try readAt(key, value, word)
    } else if let (key, value) = word.cut(at: UInt8(ascii: "=")) {
      try readSetting(key, value, word)
    } else {
      throw BadWord(word: word)
    }
  }

  private mutating func readFlag(_ word: String) -> Bool {
    guard let flag = Self.flags[word] else { return false }
    flag(&self)
    return true
  }

  /// `crash@N`, `segv@N`, `exit@N=CODE`, `hang@init`, `delay@init=MS`.
  private mutating func readAt(_ key: String, _ value: String, _ word: String) throws(BadWord) {
    switch (key, value) {
    case ("hang", "init"): hangsAtInit = true
    case ("crash", _): crashAt = try number(value, word)
    case ("segv", _): segvAt = try number(value, word)
    case ("exit", _):
      guard let (call, code) = value.cut(at: UInt8(ascii: "=")) else { throw BadWord(word: word) }
      exitAt = (try number(call, word), Int32(clamping: try number(code, word)))
    case ("delay", _):
      guard let (stage, wait) = value.cut(at: UInt8(ascii: "=")), stage == "init" else {
        throw BadWord(word: word)
      }
      initDelay = try number(wait, word)
    default: throw BadWord(word: word)
    }
  }

  private mutating func readSetting(
    _ key: String, _ value: String, _ word: String
  ) throws(BadWord) {
    switch key {
    case "delay": delay = try number(value, word)
    case "exit": exitAtStart = Int32(clamping: try number(value, word))
    case "bigline": bigLine = try number(value, word)
    case "flood": flood = try number(value, word)
    case "progress": progress = try number(value, word)
    case "slow": bytesPerSecond = try number(value, word)
    case "burst-exit": burstExit = try number(value, word)
    case "reorder": reorder = try number(value, word)
    case "http": httpPort = try number(value, word)
    case "tools": tools = try number(value, word)
    case "pages": pages = max(1, try number(value, word))
    case "ledger": ledger = value
    case "once": onceFile = value
    case "only": onlyTool = value
    case "starts": starts = value
    case "script":
      for word in Processes.words(in: value) where !word.isEmpty { try read(word) }
    case "name": name = value
    case "fork":
      switch value {
      case "setsid": lingerer = .inOwnSession
      case "daemon": lingerer = .daemon
      default: throw BadWord(word: word)
      }
    case "era":
      guard readFlag(value == "both" ? "dual" : value) else { throw BadWord(word: word) }
    default: throw BadWord(word: word)
    }
  }

  private func number(_ text: String, _ word: String) throws(BadWord) -> Int {
    guard let number = Int(text), number >= 0 else { throw BadWord(word: word) }
    return number
  }

  private static let flags: [String: @Sendable (inout Script) -> Void] = [
    "legacy": { $0.eras = .legacy }, "modern": { $0.eras = .modern },
    "dual": { $0.eras = .both },
    "hang": { $0.hangs = true }, "usage": { $0.printsUsage = true },
    "garbage": { $0.garbage = true }, "half": { $0.half = true },
    "endless": { $0.endless = true }, "dup": { $0.duplicates = true },
    "id-last": { $0.idIsLast = true }, "spoof-id": { $0.spoofsID = true },
    "id-as-string": { $0.idAsString = true },
    "both": { $0.resultAndError = true }, "neither": { $0.neither = true },
    "badjson": { $0.badJSON = true }, "wrong-version": { $0.wrongVersion = true },
    "ignore-term": { $0.ignoresTerm = true }, "ignore-eof": { $0.ignoresEOF = true },
    "fork": { $0.lingerer = .inGroup }, "close-stdout": { $0.closesStdout = true },
    "close-stdin": { $0.closesStdin = true }, "no-read": { $0.stopsReading = true },
    "flood": { $0.flood = 100_000 }, "progress-after": { $0.progressAfter = true },
    "stderr-flood": { $0.floodsStderr = true }, "mutate-tools": { $0.mutatesTools = true },
    "list-changed": { $0.listChanged = true }, "reverse": { $0.reverse = true },
    "one-shot": { $0.oneShot = true }, "bom": { $0.bom = true }, "crlf": { $0.crlf = true },
    "two-per-line": { $0.twoPerLine = true }, "same-cursor": { $0.sameCursor = true },
    "die-on-discover": { $0.diesOnDiscover = true },
    "silent-on-discover": { $0.silentOnDiscover = true },
    "watch": { $0.watches = true }, "tasks": { $0.tasks = true },
    "tasks-only": {
      $0.tasks = true
      $0.tasksOnly = true
    },
    "prompts": { $0.prompts = true }, "resources": { $0.resources = true },
    "--help": { $0.wantsHelp = true }, "-h": { $0.wantsHelp = true },
    // Tools that every backend has; naming them is allowed and changes nothing.
    "env": { _ in }, "echo": { _ in },
  ]
}

extension String {
  /// The text before and after the first `mark`, or nil where there is none.
  func cut(at mark: UInt8) -> (String, String)? {
    guard let place = utf8.firstIndex(of: mark) else { return nil }
    return (
      String(decoding: utf8[..<place], as: UTF8.self),
      String(decoding: utf8[utf8.index(after: place)...], as: UTF8.self)
    )
  }
}
