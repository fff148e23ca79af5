import Glibc
import MCP
import RawJSON

/// What the script does to a call: before it, to its answer, and after it.
extension Server {
  /// Dies, or says that the call is never answered.
  mutating func dieOrFallSilent(_ id: [UInt8]) -> Bool {
    if calls == script.crashAt || calls == script.segvAt {
      output.flush()
      Processes.die(by: calls == script.crashAt ? SIGKILL : SIGSEGV)
    }
    if let exitAt = script.exitAt, calls == exitAt.call {
      output.flush()
      exit(exitAt.code)
    }
    if script.closesStdout {
      output.flush()
      close(1)
      output.isMuted = true
    }
    if script.closesStdin {
      close(0)
      isReading = false
    }
    if script.stopsReading {
      isReading = false
      return true
    }
    if script.hangs {
      hanging.insert(id)
      return true
    }
    return false
  }

  /// Noise, progress and requests that come before the answer.
  mutating func before(_ message: Incoming) {
    if script.garbage {
      output.append("INFO starting up\n\n\u{1B}[31mred\u{1B}[0m {not json\n[1,2\n\"text\"\n")
    }
    if script.reverse {
      request(nil, [])
      request(
        Array(#""sampling/createMessage""#.utf8),
        Array(#"{"messages":[],"maxTokens":1}"#.utf8))
    }
    if let progress = script.progress, progress > 0 {
      for step in 1...progress {
        output.buffer += progressLine(step, of: progress, message) ?? []
      }
    }
    if let flood = script.flood, flood > 0 {
      for step in 1...flood {
        output.buffer += progressLine(step, of: flood, message) ?? []
        if output.buffer.count > 1 << 16 { output.flush() }
      }
    }
  }

  /// Spoils the answer as asked, and emits it now, later, or together with others.
  mutating func deliver(_ whole: [UInt8], _ id: [UInt8], _ message: Incoming) {
    var line = spoiled(whole, id)
    if script.half {
      output.buffer += line.prefix(line.count / 2)
      output.flush()
      Processes.die(by: SIGKILL)
    }
    if script.endless { neverEnd(id) }
    if script.spoofsID {
      let victim = Array("987654321".utf8)
      output.buffer += spoiled(replaced(whole, id, victim), victim)
      endLine()
    }
    if script.twoPerLine {
      line += #"{"jsonrpc":"2.0","method":"notifications/message","#.utf8
      line += #""params":{"level":"info","data":"two"}}"#.utf8
    }
    if script.crlf { line.append(13) }
    line.append(10)
    if script.duplicates { line += line }
    if script.progressAfter { line += progressLine(1_000_000, of: 1_000_000, message) ?? [] }
    if let size = script.burstExit ?? script.reorder { return hold(line, until: size) }
    if let delay = script.delay {
      let due = Agenda.now + Int64(delay) * 1_000_000
      return agenda.add(Agenda.Entry(due: due, id: id, line: line, isAnswer: true))
    }
    output.buffer += line
    begun[id] = nil
    afterAnswer()
  }

  mutating func afterAnswer() {
    if script.listChanged || script.mutatesTools {
      if let listener {
        let id = String(decoding: listener, as: UTF8.self)
        notify(
          "notifications/tools/list_changed",
          #"{"_meta":{"io.modelcontextprotocol/subscriptionId":\#(id)}}"#)
      } else {
        notify("notifications/tools/list_changed", "{}")
      }
    }
    if script.oneShot {
      output.flush()
      exit(0)
    }
  }

  private mutating func hold(_ line: [UInt8], until size: Int) {
    held.append(line)
    guard held.count >= size else { return }
    if script.reorder != nil { held.reverse() }
    for line in held { output.buffer += line }
    held.removeAll()
    if script.burstExit != nil {
      output.flush()
      exit(0)
    }
  }

  private func spoiled(_ line: [UInt8], _ id: [UInt8]) -> [UInt8] {
    let head = #"{"jsonrpc":"2.0","id":"#
    if script.idAsString {
      let quoted = [UInt8(ascii: "\"")] + id.filter { $0 != 34 } + [UInt8(ascii: "\"")]
      return replaced(line, id, quoted)
    }
    let start = Array(head.utf8) + id
    if script.wrongVersion {
      return Array(#"{"jsonrpc":"1.0","id":"#.utf8) + line.dropFirst(head.utf8.count)
    }
    if script.neither { return start + [UInt8(ascii: "}")] }
    if script.badJSON { return start + Array(#","result":{"content":[}}"#.utf8) }
    if script.resultAndError {
      return line.dropLast() + Array(#","error":{"code":-1,"message":"both"}}"#.utf8)
    }
    if let size = script.bigLine {
      let open = start + Array(#","result":{"content":[{"type":"text","text":""#.utf8)
      let close = Array(#""}]}}"#.utf8)
      let filler = [UInt8](
        repeating: UInt8(ascii: "x"), count: max(0, size - open.count - close.count))
      guard script.idIsLast else { return open + filler + close }
      let result = Array(#"{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":""#.utf8)
      return result + filler + Array(#""}]},"id":"#.utf8) + id + [UInt8(ascii: "}")]
    }
    return line
  }

  /// The line with another id; every line that we compose has its id in the same place.
  private func replaced(_ line: [UInt8], _ id: [UInt8], _ other: [UInt8]) -> [UInt8] {
    let head = #"{"jsonrpc":"2.0","id":"#.utf8.count
    return line.prefix(head) + other + line.dropFirst(head + id.count)
  }

  private mutating func neverEnd(_ id: [UInt8]) -> Never {
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.buffer += id
    output.append(#","result":{"content":[{"type":"text","text":""#)
    let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    while true {
      output.buffer += filler
      output.flush()
    }
  }
}
