import FailingCalls
import Glibc
import LoopTesting
import Testing

@testable import Loop

/// Row R09: the first, the second, the third ... call of one kind fails, until a run
/// has no such call any more; what was written arrives each time.
///
/// In processes of their own, because a plan is for all that the loop's thread does.
@Suite struct FailNthCallTests {
  enum Medium: CaseIterable, Codable { case pipe, blockingPipe, socket }

  /// The calls that reading and writing make; each fails in all three ways.
  static let calls: [(medium: Medium, call: failing_call, isReading: Bool)] = [
    (.pipe, FAILING_READ, true), (.pipe, FAILING_WRITE, false), (.pipe, FAILING_WRITEV, false),
    (.blockingPipe, FAILING_READ, true), (.blockingPipe, FAILING_WRITE, false),
    (.blockingPipe, FAILING_POLL, false), (.socket, FAILING_RECV, true),
    (.socket, FAILING_SENDMSG, false),
  ]

  @Test(arguments: [EINTR, EAGAIN, 0])
  func `R09: a call that is interrupted, refused or cut short loses nothing, whichever it is`(
    code: Int32
  ) async {
    await #expect(processExitsWith: .success) { [code = code as Int32] in
      LoopThread.start()
      for (medium, call, isReading) in FailNthCallTests.calls {
        try await FailNthCallTests.failEach(call, of: medium, isReading, with: code)
      }
    }
  }

  @EventLoop
  static func failEach(
    _ call: failing_call, of medium: Medium, _ isReading: Bool, with code: Int32
  ) async throws {
    var nth = 1
    while true {
      let (input, output) = try ends(of: medium)
      failing_plan(call, isReading ? input : output, nth, code)
      let bytes = await transfer(from: input, to: output)
      let count = failing_end()
      #expect(bytes == expected, "\(medium), call \(nth) of kind \(call.rawValue)")
      // A run that made fewer calls was not disturbed.
      guard count >= nth, bytes == expected else { break }
      nth += 1
    }
    #expect(nth > 1, "\(medium) makes no calls of kind \(call.rawValue)")
  }

  /// Short lines that wait for the end of the turn, one that is written at once, and one that
  /// no pipe takes whole.
  private static let lines: [[UInt8]] = [5, 17, 20_000, 3, 300_000, 9].map { count in
    (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251 + 11) }
  }
  private static let expected: [UInt8] = lines.flatMap { (line: [UInt8]) -> [UInt8] in line + [10] }

  @EventLoop
  private static func transfer(from input: Int32, to output: Int32) async -> [UInt8] {
    let sink = ByteCollector()
    let writer = DescriptorWriter(descriptor: output)
    let reader = DescriptorReader(descriptor: input, sink: sink)
    for line in lines { writer.write(line) }
    await sleep(.zero)
    reader.resume()
    writer.close()
    await sink.waitForEnd()
    #expect(sink.end == .endOfFile)
    return sink.bytes
  }

  private static func ends(of medium: Medium) throws -> (input: Int32, output: Int32) {
    if medium == .socket {
      var ends: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      return (ends[0], ends[1])
    }
    let pipe = try Pipe()
    if medium == .pipe {
      Pipe.makeNonBlocking(pipe.readEnd)
      Pipe.makeNonBlocking(pipe.writeEnd)
    }
    return (pipe.readEnd, pipe.writeEnd)
  }
}
