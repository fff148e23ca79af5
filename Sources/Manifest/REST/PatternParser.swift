/// The parts of a pattern.
indirect enum PatternTree: Sendable {
  case empty
  case take(PatternSet)
  case sequence([PatternTree])
  case either([PatternTree])
  /// `high` nil is without end; `low` is not above `high`.
  case repeated(PatternTree, low: Int, high: Int?)
}

/// A set of characters.
struct PatternSet: Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  var isInverted = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } != isInverted
  }

  static let digits = PatternSet(ranges: [0x30...0x39])
  static let word = PatternSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  /// WhiteSpace and LineTerminator of ECMA 262.
  static let space = PatternSet(ranges: [
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  /// What `.` does not take.
  static let lineEnds: [ClosedRange<UInt32>] = [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]

  /// The same set, the other way round, as plain ranges.
  var inverse: PatternSet {
    var result = PatternSet()
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { result.ranges.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10FFFF { result.ranges.append(next...0x10FFFF) }
    return result
  }
}

/// Reads a pattern into its tree; refuses what `TextPattern` does not allow.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var depth = 0
  private(set) var isAnchoredAtStart = false
  private(set) var isAnchoredAtEnd = false

  /// Groups in groups.
  static let depthLimit = 32
  /// The largest number in `{}`.
  static let countLimit = 1_000

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  private typealias Malformed = TextPattern.Malformed

  mutating func parse() throws(TextPattern.Malformed) -> PatternTree {
    if next == "^" {
      isAnchoredAtStart = true
      at += 1
    }
    let tree = try either()
    if at < scalars.count { throw Malformed(message: "has ')' without '('") }
    // An anchor outside a group binds to one branch only, which this matcher does not do.
    if case .either = tree, isAnchoredAtStart || isAnchoredAtEnd {
      throw Malformed(message: "must have its alternatives in a group: ^(?:a|b)$")
    }
    return tree
  }

  private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  private mutating func either() throws(TextPattern.Malformed) -> PatternTree {
    var branches = [try sequence()]
    while next == "|" {
      at += 1
      branches.append(try sequence())
    }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  private mutating func sequence() throws(TextPattern.Malformed) -> PatternTree {
    var parts: [PatternTree] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      if scalar == "$" {
        guard depth == 0, at == scalars.count - 1 else {
          throw Malformed(message: "may have '$' only at its end")
        }
        isAnchoredAtEnd = true
        at += 1
        break
      }
      let part = try atom()
      parts.append(try repeated(part))
    }
    return parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func atom() throws(TextPattern.Malformed) -> PatternTree {
    guard let scalar = next else { return .empty }
    at += 1
    switch scalar {
    case "(": return try group()
    case "[": return .take(try characterClass())
    case ".": return .take(PatternSet(ranges: PatternSet.lineEnds, isInverted: true))
    case "\\": return .take(try escape())
    case "^": throw Malformed(message: "may have '^' only at its beginning")
    case "*", "+", "?": throw Malformed(message: "has '\(scalar)' after nothing")
    case "{", "}", "]": throw Malformed(message: "has '\(scalar)' without '\\' before it")
    default: return .take(PatternSet(ranges: [scalar.value...scalar.value]))
    }
  }

  private mutating func group() throws(TextPattern.Malformed) -> PatternTree {
    if next == "?" {
      guard at + 1 < scalars.count, scalars[at + 1] == ":" else {
        throw Malformed(message: "may have no groups that begin with '(?' but '(?:'")
      }
      at += 2
    }
    depth += 1
    guard depth <= Self.depthLimit else {
      throw Malformed(message: "has too many groups in groups")
    }
    let tree = try either()
    depth -= 1
    guard next == ")" else { throw Malformed(message: "has '(' without ')'") }
    at += 1
    // As one part of a sequence, so that its alternatives are not those of the whole.
    return .sequence([tree])
  }

  private mutating func repeated(
    _ tree: PatternTree
  ) throws(TextPattern.Malformed) -> PatternTree {
    let low: Int
    var high: Int?
    switch next {
    case "*": low = 0
    case "+": low = 1
    case "?": (low, high) = (0, 1)
    case "{": (low, high) = try counts()
    default: return tree
    }
    at += 1
    if next == "?" || next == "+" || next == "*" || next == "{" {
      throw Malformed(message: "may have no '\(scalars[at])' after a repetition")
    }
    return .repeated(tree, low: low, high: high)
  }

  /// `{n}`, `{n,}` or `{n,m}`; ends before the `}`.
  private mutating func counts() throws(TextPattern.Malformed) -> (Int, Int?) {
    at += 1
    let low = try count()
    var high: Int? = low
    if next == "," {
      at += 1
      high = next == "}" ? nil : try count()
    }
    guard next == "}", low <= high ?? low else {
      throw Malformed(message: "has '{' that is none of {n}, {n,} and {n,m}")
    }
    return (low, high)
  }

  private mutating func count() throws(TextPattern.Malformed) -> Int {
    var digits = ""
    while let scalar = next, PatternSet.digits.contains(scalar), digits.utf8.count < 5 {
      digits.unicodeScalars.append(scalar)
      at += 1
    }
    guard let number = Int(digits) else {
      throw Malformed(message: "has '{' that is none of {n}, {n,} and {n,m}")
    }
    guard number <= Self.countLimit else {
      throw Malformed(message: "repeats more than \(Self.countLimit) times")
    }
    return number
  }
}

extension PatternParser {
  /// After `\`; outside a class and in one.
  private mutating func escape() throws(TextPattern.Malformed) -> PatternSet {
    guard let scalar = next else { throw Malformed(message: "ends with '\\'") }
    at += 1
    switch scalar {
    case "d": return .digits
    case "D": return PatternSet.digits.inverse
    case "w": return .word
    case "W": return PatternSet.word.inverse
    case "s": return .space
    case "S": return PatternSet.space.inverse
    case "t": return PatternSet(ranges: [0x09...0x09])
    case "n": return PatternSet(ranges: [0x0A...0x0A])
    case "r": return PatternSet(ranges: [0x0D...0x0D])
    case _ where PatternSet.word.contains(scalar) || scalar.value > 0x7E || scalar.value < 0x21:
      throw Malformed(message: "has the escape '\\\(scalar)', which is not supported")
    default: return PatternSet(ranges: [scalar.value...scalar.value])
    }
  }

  /// After `[`.
  private mutating func characterClass() throws(TextPattern.Malformed) -> PatternSet {
    var set = PatternSet()
    if next == "^" {
      set.isInverted = true
      at += 1
    }
    while let scalar = next, scalar != "]" {
      let first = try classMember()
      // A '-' at the end of the class is itself.
      guard next == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else {
        set.ranges += first.ranges
        continue
      }
      at += 1
      let last = try classMember()
      guard let low = first.only, let high = last.only, low <= high else {
        throw Malformed(message: "has a range in '[]' whose ends are not in order")
      }
      set.ranges.append(low...high)
    }
    guard next == "]" else { throw Malformed(message: "has '[' without ']'") }
    at += 1
    return set
  }

  private mutating func classMember() throws(TextPattern.Malformed) -> PatternSet {
    guard let scalar = next else { throw Malformed(message: "has '[' without ']'") }
    at += 1
    if scalar == "\\" { return try escape() }
    return PatternSet(ranges: [scalar.value...scalar.value])
  }
}

extension PatternSet {
  /// The one character of the set; nil if there are more.
  fileprivate var only: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }
}
