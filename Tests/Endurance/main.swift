// `switchyard-endurance chaos [SEED [CALLS [SEEDS]]]` and `soak [MINUTES]`: see README.md.
// Exits 1 when something does not agree, 64 for words that it does not know.
import Endurance
import Glibc
import Harness

func say(_ text: String) { _ = SmallFile.write(Array((text + "\n").utf8), on: 1) }

func chaos(_ words: [String]) throws -> Bool {
  let seed = words.first.flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)
  let calls = words.dropFirst().first.flatMap { Int($0) } ?? 100_000
  let count = words.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
  var agrees = true
  for seed in seed..<(seed + count) {
    say(
      "chaos: seed \(seed), \(calls) calls; the same again: make chaos SEED=\(seed) CALLS=\(calls)")
    let report = try ChaosRun(ChaosRun.Settings(seed: seed, calls: calls)).run()
    say(report.line)
    for text in report.disagreements.prefix(20) { say("  - \(text)") }
    if !report.disagreements.isEmpty { agrees = false }
    guard !report.log.isEmpty else { continue }
    let file = "/tmp/switchyard-chaos-\(seed).log"
    if SmallFile.write(report.log, to: file) { say("  the log of the gateway: \(file)") }
  }
  return agrees
}

func soak(_ words: [String]) throws -> Bool {
  let minutes = words.first.flatMap { Int($0) } ?? 10
  let seed = words.dropFirst().first.flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)
  say(
    "soak: 24 hours in \(minutes) min, seed \(seed); the same again: make soak MINUTES=\(minutes) SEED=\(seed)"
  )
  say(QuietPoint.heading)
  let settings = SoakRun.Settings(seed: seed, hour: .seconds(minutes * 60) / 24)
  let report = try SoakRun(settings).run { say($0.line) }
  for text in report.faults.prefix(20) { say("  - \(text)") }
  if report.faults.isEmpty { say("  nothing grows") }
  return report.faults.isEmpty
}

let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "chaos": exit(try chaos(Array(words.dropFirst())) ? 0 : 1)
case "soak": exit(try soak(Array(words.dropFirst())) ? 0 : 1)
default:
  say("usage: switchyard-endurance chaos [SEED [CALLS [SEEDS]]] | soak [MINUTES [SEED]]")
  exit(64)
}
