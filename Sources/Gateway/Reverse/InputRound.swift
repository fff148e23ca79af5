import MCP
import RawJSON

/// One round of questions of a modern service: what an `input_required` result asks, and what has
/// been answered so far (2026-07-28, multi round-trip requests).
///
/// A value. When it is complete, the call is tried again with `members` in its parameters.
struct InputRound: Hashable {
  /// Rounds of one call; the next one ends it.
  static let limit = 10
  /// Questions of one round.
  static let questions = 8

  struct Entry: Hashable {
    /// The service's name of the question, as JSON.
    let key: [UInt8]
    let question: Question
    var answer: [UInt8]?
  }

  /// What is wrong with an `input_required` result.
  enum Fault: Error, Hashable {
    /// It names neither questions nor a state.
    case asksNothing
    /// `inputRequests` is no object, or an entry is none of the three requests.
    case unknownQuestion
    /// More than `questions` at once.
    case tooMany
    /// `requestState` is no string.
    case badState
  }

  private(set) var entries: [Entry] = []
  /// To be given back with the answers, as JSON; empty if there was none.
  let state: [UInt8]
  /// What the first question is called where a task asks it: names of one task never come again.
  var firstNumber = 1

  /// Reads the result at `result`.
  init(_ result: ByteRange, in bytes: RawSpan) throws(Fault) {
    let state = JSON.member("requestState", of: result, in: bytes)
    guard state.isAbsent || JSON.isString(state, in: bytes) else { throw .badState }
    self.state = JSON.copy(state, in: bytes)
    let requests = JSON.member("inputRequests", of: result, in: bytes)
    guard !requests.isAbsent || !state.isAbsent else { throw .asksNothing }
    guard requests.isAbsent || JSON.isObject(requests, in: bytes) else { throw .unknownQuestion }
    var found: [Entry] = []
    var isBroken = false
    JSON.forEachMember(of: requests, in: bytes) { key, request in
      let method = JSON.member("method", of: request, in: bytes)
      let params = JSON.member("params", of: request, in: bytes)
      let question = Question(Method(method, in: bytes), params: params, in: bytes)
      guard let question, params.isAbsent || JSON.isObject(params, in: bytes) else {
        isBroken = true
        return
      }
      found.append(Entry(key: JSON.copy(key, in: bytes), question: question))
    }
    guard !isBroken else { throw .unknownQuestion }
    guard found.count <= Self.questions else { throw .tooMany }
    entries = found
  }

  /// Everything that the client must be able to do.
  var needs: ClientAbilities { entries.reduce(into: []) { $0.formUnion($1.question.needs) } }

  var isComplete: Bool { entries.allSatisfy { $0.answer != nil } }

  /// The value of `inputRequests` of a task, with what has not been answered.
  var openRequests: [UInt8] {
    Self.requests(
      entries.enumerated().filter { $0.element.answer == nil }.map {
        (key: Array(String(firstNumber + $0.offset).utf8), question: $0.element.question)
      })
  }

  /// Which question the key at `range`, given out by `openRequests`, means.
  func index(ofKey range: ByteRange, in bytes: RawSpan) -> Int? {
    guard let text = JSON.string(range, in: bytes),
      let number = Int(String(decoding: text, as: UTF8.self))
    else { return nil }
    let (index, overflow) = number.subtractingReportingOverflow(firstNumber)
    return !overflow && entries.indices.contains(index) ? index : nil
  }

  /// The value of `inputRequests`; keys are plain text.
  static func requests(_ entries: [(key: [UInt8], question: Question)]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (index, entry) in entries.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(entry.key, to: &text)
      text.append(UInt8(ascii: ":"))
      text += entry.question.inputRequest
    }
    return text + [UInt8(ascii: "}")]
  }

  /// Forgets the questions whose names, as JSON, are known.
  mutating func leaveOut(_ isKnown: ([UInt8]) -> Bool) { entries.removeAll { isKnown($0.key) } }

  /// Files the answer to the question at `index`; the first one counts.
  mutating func answer(_ index: Int, with result: [UInt8]) {
    guard entries.indices.contains(index), entries[index].answer == nil else { return }
    entries[index].answer = result
  }

  /// The members of `params` with which the call is tried again.
  var members: [UInt8] {
    var members: [UInt8] = []
    if !entries.isEmpty {
      members += #""inputResponses":{"#.utf8
      for (index, entry) in entries.enumerated() {
        if index > 0 { members.append(UInt8(ascii: ",")) }
        members += entry.key + [UInt8(ascii: ":")] + (entry.answer ?? Array("null".utf8))
      }
      members.append(UInt8(ascii: "}"))
    }
    if !state.isEmpty {
      if !members.isEmpty { members.append(UInt8(ascii: ",")) }
      members += #""requestState":"#.utf8 + state
    }
    return members
  }
}

extension InputRound.Fault {
  /// The end of a sentence that begins with the service's name.
  var text: String {
    switch self {
    case .asksNothing: "asks for input without saying what"
    case .unknownQuestion: "asks for input in a way that the protocol does not know"
    case .tooMany: "asks for more than \(InputRound.questions) inputs at once"
    case .badState: "sends a requestState that is no string"
    }
  }
}
