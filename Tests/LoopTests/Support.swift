import Glibc
import Loop
import Resilience
import Testing

extension DescriptorWriter {
  func write(_ text: String) { write(Array(text.utf8)) }

  func write(_ line: [UInt8]) { line.withUnsafeBytes { write(Slices($0)) } }
}

/// Writes a short text that the descriptor surely takes.
func writeAll(_ descriptor: Int32, _ text: String) {
  let bytes = Array(text.utf8)
  #expect(write(descriptor, bytes, bytes.count) == bytes.count)
}

/// An open, unlinked file with these contents, at its start.
func temporaryFile(_ contents: [UInt8]) throws -> Int32 {
  var name = Array("/tmp/switchyard-test-XXXXXX".utf8CString)
  let file = mkstemp(&name)
  try #require(file >= 0)
  unlink(name)
  #expect(write(file, contents, contents.count) == contents.count)
  lseek(file, 0, SEEK_SET)
  return file
}

/// Waits on the loop until the condition holds; false after `limit`.
@EventLoop
func eventually(
  within limit: Duration = .seconds(60), _ condition: @EventLoop () -> Bool
) async -> Bool {
  let deadline = EventLoop.now + limit
  while !condition() {
    if EventLoop.now > deadline { return false }
    await sleep(.milliseconds(2))
  }
  return true
}
