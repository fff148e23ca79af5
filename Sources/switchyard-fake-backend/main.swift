// A small MCP server that does what its script says, right or wrong. It ships
// with the harness, so that clients can be tried against faults that no healthy
// server shows. It starts in milliseconds and answers `echo` by splicing.

import Glibc

let environmentWords = Script.split(getenv("FAKEB_SCRIPT").map { String(cString: $0) } ?? "")
let argumentWords = CommandLine.arguments.dropFirst()

switch argumentWords.first {
case "linger": Processes.linger()
case "linger-detached": Processes.detach()
default: break
}

do throws(Script.BadWord) {
  var script = try Script(words: environmentWords + argumentWords.flatMap { Script.split($0) })
  if let file = script.onceFile, !Processes.isFirst(file) {
    script = script.withoutFaults
  }
  if script.wantsHelp {
    Processes.say(usageText, on: 1)
    exit(0)
  }
  if let port = script.httpPort { HTTPFront.start(port: port) }
  Processes.prepare(script)
  var server = Server(script: script)
  server.run()
} catch {
  Processes.say("switchyard-fake-backend: unknown word '\(error.word)'; see --help\n", on: 2)
  exit(2)
}
