// A process that writes to a state file until it is killed, for the crash tests:
//
//   switchyard-store-writer DIRECTORY SERVICE [COUNT]
//
// It writes COUNT times, or for ever. Every record carries one byte over and
// over, so a reader sees whether it is whole. Exits 1 if a write was refused for
// good, 2 if the file could not be opened.

import Glibc
import Loop
import Store

let arguments = CommandLine.arguments

/// Other writers may hold the lock for longer than one wait.
func openStore(_ directory: String) -> StateStore? {
  for _ in 0..<50 { if let store = try? StateStore(directory: directory) { return store } }
  return nil
}

guard arguments.count > 2, let store = openStore(arguments[1]), let owner = ProcessIdentity.current
else { exit(2) }
let count = arguments.count > 3 ? Int(arguments[3]) ?? 0 : Int.max
var round = 0
while round < count {
  round += 1
  let bytes = Array(repeating: UInt8(truncatingIfNeeded: round), count: 30_000)
  let record = CatalogueRecord(
    service: arguments[2], digest: "d\(round % 3)", revision: "r", tools: bytes, prompts: bytes,
    updatedAt: Int64(round))
  let child = ChildRecord(
    process: ProcessIdentity(
      pid: Int32(truncatingIfNeeded: round), startTime: UInt64(owner.pid), bootID: owner.bootID),
    marker: "m", service: arguments[2], owner: owner)
  var attempts = 0
  while !store.record(child) {
    attempts += 1
    if attempts > 1_000 { exit(1) }
  }
  while !store.save(record) {
    attempts += 1
    if attempts > 1_000 { exit(1) }
  }
}
