/// A regular expression, limited to what takes time in proportion to the text (row S18).
///
/// The part of ECMA 262 that JSON Schema recommends, and no more: characters, `.`, classes,
/// `\d \w \s` and their opposites, groups, `|`, `* + ? {n} {n,} {n,m}`, `^` at the beginning and
/// `$` at the end. Back references, look-around, lazy repetition, `\b` and `\p` are refused when
/// the manifest is read. Without `^` and `$` the match may lie anywhere, as in JSON Schema.
package struct TextPattern: Sendable {
  /// As the manifest has it, for the tool's schema.
  package let text: String
  private let program: [PatternInstruction]
  private let isAnchoredAtStart: Bool
  private let isAnchoredAtEnd: Bool

  /// What is wrong with a pattern, as the end of a sentence.
  package struct Malformed: Error, Hashable { package var message: String }

  /// Instructions that one pattern may become; `{n,m}` copies what it repeats.
  static let instructionLimit = 2_000

  package init(_ text: String) throws(Malformed) {
    var parser = PatternParser(text)
    let tree = try parser.parse()
    var compiler = PatternCompiler()
    try compiler.append(tree)
    compiler.program.append(.match)
    self.text = text
    program = compiler.program
    isAnchoredAtStart = parser.isAnchoredAtStart
    isAnchoredAtEnd = parser.isAnchoredAtEnd
  }

  /// Whether `subject` matches; at most (scalars of the subject) x `instructionLimit` steps.
  package func matches(_ subject: String) -> Bool {
    var current = PatternStates(capacity: program.count)
    var next = PatternStates(capacity: program.count)
    var hasMatched = current.add(0, of: program)
    for scalar in subject.unicodeScalars {
      if hasMatched, !isAnchoredAtEnd { return true }
      next.removeAll()
      hasMatched = false
      for index in current.members {
        guard case .take(let set) = program[index], set.contains(scalar) else { continue }
        if next.add(index + 1, of: program) { hasMatched = true }
      }
      if !isAnchoredAtStart, next.add(0, of: program) { hasMatched = true }
      if next.members.isEmpty, isAnchoredAtStart { return false }
      swap(&current, &next)
    }
    return hasMatched
  }
}

extension TextPattern: Hashable {
  package static func == (left: TextPattern, right: TextPattern) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

/// One step of a compiled pattern.
enum PatternInstruction: Sendable {
  /// Takes one character of the set and goes to the next instruction.
  case take(PatternSet)
  /// Goes to both.
  case fork(Int, Int)
  case jump(Int)
  case match
}

/// The instructions that are reached at one place of the subject.
private struct PatternStates {
  private(set) var members: [Int] = []
  private var isMember: [Bool]

  init(capacity: Int) {
    isMember = Array(repeating: false, count: capacity)
  }

  mutating func removeAll() {
    for member in members { isMember[member] = false }
    members.removeAll(keepingCapacity: true)
  }

  /// Adds an instruction and those that it leads to without a character.
  ///
  /// - Returns: whether `match` is among them.
  mutating func add(_ index: Int, of program: [PatternInstruction]) -> Bool {
    var pending = [index]
    var hasMatch = false
    while let index = pending.popLast() {
      guard !isMember[index] else { continue }
      isMember[index] = true
      members.append(index)
      switch program[index] {
      case .take: continue
      case .match: hasMatch = true
      case .jump(let target): pending.append(target)
      case .fork(let first, let second):
        pending.append(second)
        pending.append(first)
      }
    }
    return hasMatch
  }
}

/// Turns the tree of a pattern into instructions (Thompson's construction).
struct PatternCompiler {
  var program: [PatternInstruction] = []
  /// Visits of the tree, which repetitions of nothing would let grow without instructions.
  private var visits = 0

  mutating func append(_ tree: PatternTree) throws(TextPattern.Malformed) {
    visits += 1
    guard program.count < TextPattern.instructionLimit, visits < 10 * TextPattern.instructionLimit
    else {
      throw TextPattern.Malformed(message: "repeats too much: write smaller numbers in '{}'")
    }
    switch tree {
    case .empty: break
    case .take(let set): program.append(.take(set))
    case .sequence(let parts): for part in parts { try append(part) }
    case .either(let branches): try append(either: branches)
    case .repeated(let inner, let low, let high): try append(inner, times: low, upTo: high)
    }
  }

  private mutating func append(either branches: [PatternTree]) throws(TextPattern.Malformed) {
    var ends: [Int] = []
    for branch in branches.dropLast() {
      let fork = program.count
      program.append(.match)
      try append(branch)
      ends.append(program.count)
      program.append(.match)
      program[fork] = .fork(fork + 1, program.count)
    }
    if let last = branches.last { try append(last) }
    for end in ends { program[end] = .jump(program.count) }
  }

  private mutating func append(
    _ inner: PatternTree, times low: Int, upTo high: Int?
  ) throws(TextPattern.Malformed) {
    for _ in 0..<low { try append(inner) }
    guard let high else {
      let fork = program.count
      program.append(.match)
      try append(inner)
      program.append(.jump(fork))
      program[fork] = .fork(fork + 1, program.count)
      return
    }
    var forks: [Int] = []
    for _ in low..<high {
      forks.append(program.count)
      program.append(.match)
      try append(inner)
    }
    for fork in forks { program[fork] = .fork(fork + 1, program.count) }
  }
}
