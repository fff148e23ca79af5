import Glibc
import LoopTesting
import Testing

@testable import Loop

/// Lines that must not wait behind a busy write: cancels.
@Suite(.eventLoop)
struct OvertakingTests {
  /// A pipe of one page, filled so far that the writer is stopped inside a line.
  @EventLoop
  private func blockedWriter(lines: Int, of length: Int) throws -> (DescriptorWriter, Pipe) {
    let pipe = try Pipe()
    _ = fcntl(pipe.writeEnd, 1031, 4096)
    Pipe.makeNonBlocking(pipe.writeEnd)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    for number in 0..<lines {
      writer.write(Array(String(repeating: "\(number % 10)", count: length).utf8))
    }
    writer.flush()
    return (writer, pipe)
  }

  @Test(arguments: [10, 63, 64, 1000, 3000, 17_000]) @EventLoop
  func `a line overtakes all that wait, and splits none`(length: Int) async throws {
    let count = 200_000 / (length + 1)
    let (writer, pipe) = try blockedWriter(lines: count, of: length)
    let sent = writer.sentBytes
    let accepted = writer.acceptedBytes
    #expect(writer.queuedBytes > 0)
    writer.writeAhead(Array("urgent".utf8))
    writer.writeAhead(Array("second".utf8))
    #expect(writer.acceptedBytes == accepted)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    await sink.wait(forBytes: count * (length + 1) + 14)
    let lines = sink.text.split(separator: "\n").map(String.init)
    #expect(lines.count == count + 2)
    let place = try #require(lines.firstIndex(of: "urgent"))
    #expect(lines[place + 1] == "second")
    // What the kernel had taken, and the rest of the line that it had begun.
    #expect(place == (sent + length) / (length + 1))
    let others = lines.filter { $0 != "urgent" && $0 != "second" }
    #expect(others.allSatisfy { $0.utf8.count == length && Set($0).count == 1 })
    #expect(others.enumerated().allSatisfy { $0.element.hasPrefix("\($0.offset % 10)") })
    #expect(writer.sentBytes == accepted)
    writer.abandon()
    reader.close()
  }

  @Test @EventLoop
  func `what has begun to go out is known`() async throws {
    let (writer, pipe) = try blockedWriter(lines: 10, of: 999)
    #expect(writer.sentBytes == 4096)
    #expect(writer.hasBegun(upTo: 4000))
    #expect(writer.hasBegun(upTo: 5000))
    #expect(!writer.hasBegun(upTo: 6000))
    writer.abandon()
    close(pipe.readEnd)
  }

  @Test @EventLoop
  func `a line ahead of nothing is a line like others`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    reader.resume()
    writer.writeAhead(Array("one".utf8))
    await sink.wait(forBytes: 4)
    writer.write("two")
    writer.writeAhead(Array("three".utf8))
    writer.close()
    await sink.wait(forBytes: 14)
    #expect(sink.text == "one\nthree\ntwo\n")
    reader.close()
  }
}
