import MCP
import RawJSON

/// A call in whose course the client was asked something, legacy.
struct Asking {
  var call: [UInt8]
  /// The request as it came, to be asked again for another round.
  var method: [UInt8]
  var params: [UInt8]
  var count: Int
  var rounds: Int
  /// Questions that are not answered yet.
  var open = 0
  /// Results and errors, as the client wrote them.
  var answers: [[UInt8]] = []
}

/// The tool `ask`: a request to the client in the legacy era, `input_required` in the modern one.
extension Server {
  mutating func ask(_ message: Incoming) {
    if askForOther(message) { return }
    if message.isModern { askByResult(message) } else { askByRequest(message) }
  }

  private func argument(_ key: StaticString, _ message: Incoming) -> [UInt8] {
    message.bytes(JSON.member(key, of: message.envelope.arguments, in: message.line.bytes))
  }

  func isTrue(_ key: StaticString, _ message: Incoming) -> Bool {
    argument(key, message).elementsEqual("true".utf8)
  }

  /// `told`: what was said of the client's abilities. `urls`: an error until it is called again.
  private mutating func askForOther(_ message: Incoming) -> Bool {
    let method = argument("method", message)
    if method.elementsEqual(#""told""#.utf8) {
      let capabilities = message.isModern ? message.envelope.clientCapabilities : .absent
      let told = message.isModern ? message.bytes(capabilities) : self.told
      structured(message, #"{"told":\#(String(decoding: told, as: UTF8.self))}"#)
      endLine()
      return true
    }
    guard method.elementsEqual(#""urls""#.utf8) else { return false }
    if hasSentURLs {
      structured(message, #"{"visited":true}"#)
      endLine()
    } else {
      hasSentURLs = true
      fail(
        message, -32042, "visit this first",
        #"{"elicitations":[{"mode":"url","message":"m","url":"https://a.example/","#
          + #""elicitationId":"e1"}]}"#)
    }
    return true
  }

  // MARK: Legacy

  private mutating func askByRequest(_ message: Incoming) {
    let id = message.bytes(message.envelope.id)
    var asking = Asking(
      call: id, method: argument("method", message), params: argument("params", message),
      count: integer("count", message) ?? 1, rounds: integer("rounds", message) ?? 1)
    if isTrue("early", message) || isTrue("withdraw", message) {
      askings[id] = asking
      askOnce(id)
      if isTrue("withdraw", message) {
        for number in asked.keys.sorted() {
          notify("notifications/cancelled", #"{"requestId":\#(number)}"#)
        }
      }
      askings[id] = nil
      structured(message, #"{"early":true}"#)
      return endLine()
    }
    asking.rounds -= 1
    askings[id] = asking
    askOnce(id)
  }

  private mutating func askOnce(_ call: [UInt8]) {
    guard var asking = askings[call] else { return }
    for _ in 0..<asking.count {
      asked[nextAsk] = call
      request(asking.method.isEmpty ? nil : asking.method, asking.params)
      asking.open += 1
    }
    askings[call] = asking
  }

  /// An answer of the client.
  mutating func takeReply(_ message: Incoming) {
    guard let number = JSON.integer(message.envelope.id, in: message.line.bytes),
      let call = asked.removeValue(forKey: Int(number))
    else { return ledger("stray answer") }
    let answer = message.envelope.kind == .result ? message.envelope.result : message.envelope.error
    guard var asking = askings[call] else { return ledger("late answer") }
    asking.answers.append(message.bytes(answer))
    asking.open -= 1
    if asking.open == 0, asking.rounds > 0 {
      asking.rounds -= 1
      askings[call] = asking
      return askOnce(call)
    }
    askings[call] = asking.open == 0 ? nil : asking
    if asking.open == 0 { answerAsking(asking) }
  }

  private mutating func answerAsking(_ asking: Asking) {
    let all = asking.answers.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    beginResult(asking.call, isModern: false)
    output.append(#""content":[{"type":"text","text":"the client answered"}],"#)
    output.append(#""structuredContent":{"answer":"#)
    output.buffer += asking.answers.last ?? []
    output.append(#","answers":["#)
    output.append(all)
    output.append(#"],"progress":"#)
    output.append(progressHeard)
    output.append("}}}")
    endLine()
  }

  // MARK: Modern

  private mutating func askByResult(_ message: Incoming) {
    let bytes = message.line.bytes
    let responses = JSON.member("inputResponses", of: message.envelope.params, in: bytes)
    let state = message.envelope.requestState
    let given = String(decoding: JSON.string(state, in: bytes) ?? [], as: UTF8.self)
    let round =
      given.cut(at: UInt8(ascii: "-")).flatMap { Int($0.1) } ?? (responses.isAbsent ? 0 : 1)
    guard round < integer("rounds", message) ?? 1 else {
      let answers =
        responses.isAbsent ? "{}" : String(decoding: message.slice(responses), as: UTF8.self)
      structured(message, #"{"answer":\#(answers),"state":"\#(given)"}"#)
      return endLine()
    }
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.append(message.slice(message.envelope.id))
    output.append(#","result":{"resultType":"input_required""#)
    if !isTrue("stateless", message) {
      output.append(#","requestState":"state-\#(round + 1)""#)
    }
    let count = integer("count", message) ?? 1
    if count > 0 {
      let entry = inputRequest(message)
      let entries = (1...count).map { #""k\#($0)":\#(entry)"# }
      output.append(#","inputRequests":{\#(entries.joined(separator: ","))}"#)
    }
    output.append("}}")
    endLine()
  }

  private func inputRequest(_ message: Incoming) -> String {
    let params = argument("params", message)
    let method = String(decoding: argument("method", message), as: UTF8.self)
    let shown = params.isEmpty ? "{}" : String(decoding: params, as: UTF8.self)
    return #"{"method":\#(method),"params":\#(shown)}"#
  }
}
