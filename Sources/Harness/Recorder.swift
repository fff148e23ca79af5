import Glibc
import RawJSON
import Resilience

/// Stands between the client on our stdin and stdout and a server, and writes
/// down every line that passes. Bytes are passed on as they came.
package struct Recorder {
  private let options: RecordOptions
  private let file: Int32
  /// Where the client writes, and where it reads.
  private let client: (input: Int32, output: Int32)

  /// Returns the exit code of the command: that of the server, or 2.
  ///
  /// - Parameters:
  ///   - input: where the client's lines come from.
  ///   - output: where the server's lines go to.
  package static func run(
    _ options: RecordOptions, input: Int32 = 0, output: Int32 = 1
  ) -> Int32 {
    let file = open(options.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      Complaint.say("\(options.file): \(SystemText.error(errno))")
      return 2
    }
    defer { close(file) }
    signal(SIGPIPE, SIG_IGN)
    do throws(HarnessError) {
      let recorder = Recorder(options: options, file: file, client: (input, output))
      return try recorder.relay()
    } catch {
      Complaint.say("\(error)")
      return 2
    }
  }

  private func relay() throws(HarnessError) -> Int32 {
    let process = try ServerProcess(ServerCommand(options.command))
    let wire = Wire(process)
    let start = MonotonicClock.now
    _ = SmallFile.write(Array(Recording(command: options.command).header.utf8), on: file)
    func keep(_ side: Recording.Side, _ bytes: [UInt8]) {
      let line = Recording.Line(
        side: side, milliseconds: (MonotonicClock.now - start).inMilliseconds,
        content: Recording.Content(bytes))
      _ = SmallFile.write(Array(Recording.text(of: line).utf8), on: file)
    }
    wire.onLine = { line, _ in
      keep(.server, line)
      _ = SmallFile.write(line + [10], on: client.output)
    }
    wire.onErrors = { _ = SmallFile.write($0, on: 2) }
    listen(wire) { keep(.client, $0) }
    return ended(process, wire)
  }

  /// Passes on what the client writes, and its end.
  private func listen(_ wire: Wire, _ keep: @escaping ([UInt8]) -> Void) {
    var unfinished: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let onReadable = {
      let count = read(client.input, &chunk, chunk.count)
      if count < 0, errno == EINTR || errno == EAGAIN { return }
      guard count > 0 else {
        wire.companion = nil
        wire.finishInput()
        return
      }
      let bytes = Array(chunk[0..<count])
      wire.post(bytes)
      var start = 0
      while let newline = bytes.newline(from: start, to: count) {
        keep(unfinished + bytes[start..<newline])
        unfinished.removeAll()
        start = newline + 1
      }
      unfinished += bytes[start...]
    }
    wire.companion = (client.input, onReadable)
  }

  private func ended(_ process: ServerProcess, _ wire: Wire) -> Int32 {
    var exit: ServerExit?
    _ = wire.move(until: .distantFuture, waitsForExit: true) {
      exit = exit ?? process.poll()
      return exit != nil && wire.outputEnded
    }
    // What came after the last newline is passed on as it is.
    _ = SmallFile.write(wire.partialLine, on: client.output)
    switch exit {
    case .code(let code): return code
    case .signal(let signal): return 128 + signal
    case nil: return 2
    }
  }
}
