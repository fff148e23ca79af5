import Digest
import Glibc
import MCP
import RawJSON

/// tools/call: the answers, before the script spoils them.
extension Server {
  mutating func call(_ message: Incoming) {
    let name = message.envelope.name
    if script.isPlain, JSON.equals(name, "echo", in: message.line.bytes) {
      calls += 1
      echo(message)
      return endLine()
    }
    let tool = String(decoding: JSON.string(name, in: message.line.bytes) ?? [], as: UTF8.self)
    if watching.hidden.contains(tool) { return fail(message, -32602, "no such tool") }
    guard let only = script.onlyTool, tool != only else { return call(tool, message) }
    let whole = script
    script = script.withoutFaults
    // The ledger is kept, therefore such a call takes the longer way too.
    call(tool, message)
    script = whole
  }

  private mutating func call(_ tool: String, _ message: Incoming) {
    if script.onlyTool == nil || tool == script.onlyTool { calls += 1 }
    let id = message.bytes(message.envelope.id)
    note(call: tool, id, message)
    if dieOrFallSilent(id) { return }
    before(message)
    let start = output.buffer.count
    guard compose(tool, message) else { return }
    let line = Array(output.buffer[start...])
    output.buffer.removeSubrange(start...)
    deliver(line, id, message)
  }

  private mutating func note(call tool: String, _ id: [UInt8], _ message: Incoming) {
    guard script.ledger != nil else { return }
    let uuid = JSON.member("uuid", of: message.envelope.arguments, in: message.line.bytes)
    let text = JSON.string(uuid, in: message.line.bytes) ?? [UInt8(ascii: "-")]
    let line = "\(String(decoding: text, as: UTF8.self)) \(getpid()) \(tool)"
    begun[id] = line
    ledger("executed " + line)
  }

  /// Composes one line without its newline; false where no answer is due now.
  private mutating func compose(_ tool: String, _ message: Incoming) -> Bool {
    switch tool {
    case "echo": echo(message)
    case "add": add(message)
    case "slow":
      workSlowly(message)
      return false
    case "fail": failAsTool(message)
    case "env": structured(message, environmentText)
    case "pid":
      if let time = integer("deaf", message) { usleep(UInt32(clamping: time * 1_000)) }
      structured(message, isTrue("counts", message) ? countsText : pidText)
    case "crash":
      output.flush()
      Processes.die(by: Int32(clamping: integer("signal", message) ?? Int(SIGKILL)))
    case "kill":
      output.flush()
      let signal = Int32(clamping: integer("signal", message) ?? Int(SIGKILL))
      guard getpid() == 1 else {
        kill(0, signal)
        return false
      }
      // The first process of a namespace: everything in it, and nothing outside, is its own.
      kill(-1, signal)
      structured(message, #"{"signal":\#(signal)}"#)
    case "digest": digest(message)
    case "hang":
      hanging.insert(message.bytes(message.envelope.id))
      return false
    case "ask":
      ask(message)
      return false
    case _ where script.watches && composeWatching(tool, message): break
    case _ where toolNames.contains(tool): echo(message)
    default:
      fail(message, -32602, "no such tool")
      return false
    }
    return true
  }

  private var pidText: String { #"{"pid":\#(getpid()),"calls":\#(calls)}"# }

  private var countsText: String {
    #"{"pid":\#(getpid()),"calls":\#(calls),"cancels":\#(cancels),"#
      + #""strayCancels":\#(strayCancels),"callsBeforeCancel":\#(callsBeforeCancel)}"#
  }

  /// The arguments verbatim; the text is their member `text`, or their size.
  private mutating func echo(_ message: Incoming) {
    let arguments = message.envelope.arguments
    beginResult(message.slice(message.envelope.id), isModern: message.isModern)
    output.append(#""content":[{"type":"text","text":"#)
    let text = JSON.member("text", of: arguments, in: message.line.bytes)
    if !text.isAbsent, message.line[text.start] == UInt8(ascii: "\"") {
      output.append(message.slice(text))
    } else {
      output.append("\"")
      output.append(arguments.count)
      output.append(" bytes\"")
    }
    output.append(#"}],"structuredContent":"#)
    if arguments.isAbsent { output.append("{}") } else { output.append(message.slice(arguments)) }
    output.append("}}")
  }

  mutating func structured(_ message: Incoming, _ json: String) {
    beginResult(message.slice(message.envelope.id), isModern: message.isModern)
    output.append(#""content":[{"type":"text","text":"#)
    JSON.appendQuoted(json.utf8, to: &output.buffer)
    output.append(#"}],"structuredContent":"#)
    output.append(json)
    output.append("}}")
  }

  private mutating func add(_ message: Incoming) {
    let (sum, overflow) = (integer("a", message) ?? 0)
      .addingReportingOverflow(integer("b", message) ?? 0)
    structured(message, overflow ? #"{"sum":null}"# : #"{"sum":\#(sum)}"#)
  }

  private mutating func failAsTool(_ message: Incoming) {
    beginResult(message.slice(message.envelope.id), isModern: message.isModern)
    output.append(#""isError":true,"content":[{"type":"text","text":"it failed, as asked"}]}}"#)
  }

  private mutating func digest(_ message: Incoming) {
    let arguments = message.slice(message.envelope.arguments)
    structured(
      message, #"{"bytes":\#(arguments.count),"sha256":"\#(SHA256.hex(arguments))"}"#)
  }

  private var environmentText: String {
    var text: [UInt8] = Array(#"{"environment":{"#.utf8)
    for (place, variable) in Processes.environment.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(variable.name.utf8, to: &text)
      text.append(UInt8(ascii: ":"))
      JSON.appendQuoted(variable.value.utf8, to: &text)
    }
    text += #"},"arguments":["#.utf8
    for (place, argument) in CommandLine.arguments.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(argument.utf8, to: &text)
    }
    text += #"],"directory":"#.utf8
    JSON.appendQuoted(Processes.directory.utf8, to: &text)
    text.append(UInt8(ascii: "}"))
    return String(decoding: text, as: UTF8.self)
  }

  func integer(_ key: StaticString, _ message: Incoming) -> Int? {
    let value = JSON.member(key, of: message.envelope.arguments, in: message.line.bytes)
    return JSON.integer(value, in: message.line.bytes).map { Int($0) }
  }

  /// Progress at each step, the answer at the end; all of it on the agenda.
  private mutating func workSlowly(_ message: Incoming) {
    let id = message.bytes(message.envelope.id)
    let steps = max(1, integer("steps", message) ?? 3)
    let total = Int64(integer("ms", message) ?? 300) * 1_000_000
    let now = Agenda.now
    let start = output.buffer.count
    for step in 1...steps {
      if let line = progressLine(step, of: steps, message) {
        let due = now + total / Int64(steps) * Int64(step)
        agenda.add(Agenda.Entry(due: due, id: id, line: line, isAnswer: false))
      }
    }
    structured(message, #"{"steps":\#(steps)}"#)
    endLine()
    let line = Array(output.buffer[start...])
    output.buffer.removeSubrange(start...)
    agenda.add(Agenda.Entry(due: now + total, id: id, line: line, isAnswer: true))
  }

  /// A progress notification as a whole line, or nil if the client sent no token.
  func progressLine(_ step: Int, of steps: Int, _ message: Incoming) -> [UInt8]? {
    guard !message.envelope.progressToken.isAbsent else { return nil }
    var line = Array(
      #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#.utf8)
    line += message.slice(message.envelope.progressToken)
    line += #","progress":\#(step),"total":\#(steps),"message":"step \#(step)"}}"#.utf8
    if script.crlf { line.append(13) }
    line.append(10)
    return line
  }

  /// A request of our own; `method` is JSON text, quotes included.
  mutating func request(_ method: [UInt8]?, _ params: [UInt8]) {
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.append(nextAsk)
    output.append(#","method":"#)
    output.buffer += method ?? Array(#""ping""#.utf8)
    if !params.isEmpty {
      output.append(#","params":"#)
      output.buffer += params
    }
    output.append("}")
    endLine()
    nextAsk += 1
  }
}
