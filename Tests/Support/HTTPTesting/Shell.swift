import Glibc

/// What a command wrote, line by line, while it runs.
package final class Shell {
  private let stream: UnsafeMutablePointer<FILE>
  private var isOpen = true

  /// Runs a line of sh.
  package init(_ command: String) throws {
    guard let stream = popen(command, "re") else {
      throw RawHTTPServer.Failure(call: "popen", code: errno)
    }
    self.stream = stream
  }

  deinit { finish() }

  /// Nil at the end of its output.
  package func line() -> String? {
    var memory = [CChar](repeating: 0, count: 4096)
    guard fgets(&memory, Int32(memory.count), stream) != nil else { return nil }
    let bytes = memory.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes.filter { $0 != 0x0a }, as: UTF8.self)
  }

  /// Waits for the end of the command; 0 when all went well.
  @discardableResult
  package func finish() -> Int32 {
    guard isOpen else { return 0 }
    isOpen = false
    return pclose(stream)
  }

  /// Runs a command to its end.
  package static func run(_ command: String) throws {
    let status = try Shell(command).finish()
    guard status == 0 else { throw RawHTTPServer.Failure(call: command, code: status) }
  }
}
