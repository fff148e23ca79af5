import Glibc
import LoopTesting
import Testing

@testable import Loop

extension Channel {
  fileprivate var hasNoReader: Bool {
    var request = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&request, 1, 0) == 1 && Int32(request.revents) & POLLERR != 0
  }
}

@Suite(.eventLoop)
struct DescriptorWriterTests {
  @Test @EventLoop
  func `short lines of one turn are one write`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    for _ in 0..<64 { writer.write("line") }
    #expect(Channel(pipe.readEnd).readableBytes == 0)
    #expect(writer.queuedBytes == 64 * 5)
    await sleep(.zero)
    #expect(Channel(pipe.readEnd).readableBytes == 64 * 5)
    #expect(writer.sentBytes == 64 * 5)
    writer.abandon()
    close(pipe.readEnd)
  }

  @Test @EventLoop
  func `a long line goes out at once, behind what was queued`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    writer.write("first")
    writer.write([UInt8](repeating: 120, count: 20_000))
    #expect(writer.sentBytes == 20_007)
    reader.resume()
    await sink.wait(forBytes: 20_007)
    #expect(sink.text.hasPrefix("first\nxx"))
    writer.abandon()
    reader.close()
  }

  /// A pipe of one page makes every write a partial one; what was queued, where
  /// the pieces lie, and where the kernel stops all vary.
  @Test(arguments: [true, false]) @EventLoop
  func `R09: partial writes at every place lose and reorder nothing`(isNonBlocking: Bool)
    async throws
  {
    for filled in stride(from: 0, through: 4096, by: isNonBlocking ? 61 : 1021) {
      let pipe = try Pipe()
      _ = fcntl(pipe.writeEnd, 1031, 4096)
      if isNonBlocking { Pipe.makeNonBlocking(pipe.writeEnd) }
      let ballast = [UInt8](repeating: 35, count: filled)
      if filled > 0 { #expect(write(pipe.writeEnd, ballast, filled) == filled) }
      let writer = DescriptorWriter(descriptor: pipe.writeEnd)
      let line = [UInt8]((0..<17_000).map { UInt8(truncatingIfNeeded: $0 % 251) })
      writer.write("head")
      line.withUnsafeBytes { all in
        var slices = Slices()
        for part in [0..<1, 1..<1, 1..<4000, 4000..<4096, 4096..<17_000] {
          slices.append(UnsafeRawBufferPointer(rebasing: all[part]))
        }
        writer.write(slices)
      }
      writer.write("tail")
      let sink = ByteCollector()
      let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
      reader.resume()
      writer.close()
      await sink.waitForEnd()
      let expected = ballast + Array("head\n".utf8) + line + [10] + Array("tail\n".utf8)
      #expect(sink.bytes == expected, "with \(filled) bytes in the pipe")
    }
  }

  @Test @EventLoop
  func `R09: more pieces than one writev takes arrive in order`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    let line = [UInt8]((0..<30_000).map { UInt8(truncatingIfNeeded: $0 % 251) })
    line.withUnsafeBytes { all in
      var slices = Slices()
      for start in stride(from: 0, to: 30_000, by: 10) {
        slices.append(UnsafeRawBufferPointer(rebasing: all[start..<(start + 10)]))
      }
      #expect(slices.byteCount == 30_000)
      writer.write(slices)
    }
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    writer.close()
    await sink.waitForEnd()
    #expect(sink.bytes == line + [10])
  }

  @Test @EventLoop
  func `a reader that is gone is reported once, and later lines are dropped`() async throws {
    LoopThread.start()
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    var failures: [Int32] = []
    writer.onFailed = { failures.append($0) }
    close(pipe.readEnd)
    // A process that a neighbouring test starts holds a copy until its exec.
    let isUnread = await eventually { Channel(pipe.writeEnd).hasNoReader }
    #expect(isUnread)
    writer.write("nobody")
    writer.write([UInt8](repeating: 1, count: 100_000))
    writer.write("nobody")
    #expect(failures.isEmpty)
    await sleep(.milliseconds(2))
    #expect(failures == [EPIPE])
    #expect(!writer.isOpen)
    #expect(writer.queuedBytes == 0)
    #expect(writer.sentBytes == 0)
  }

  @Test @EventLoop
  func `a stall is dated, ends with progress, and the drain is told once`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    var drained = 0
    writer.lowWater = 100_000
    writer.onDrained = { drained += 1 }
    let before = EventLoop.now
    writer.write([UInt8](repeating: 1, count: 2_000_000))
    writer.write("short")
    #expect(writer.queuedBytes > 100_000)
    #expect(writer.acceptedBytes == 2_000_007)
    let stalled = try #require(writer.stalledSince)
    #expect(stalled >= before && stalled <= EventLoop.now)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    await sink.wait(forBytes: 2_000_007)
    #expect(writer.stalledSince == nil)
    #expect(drained == 1)
    #expect(writer.sentBytes == 2_000_007)
    writer.close()
    await sink.waitForEnd()
  }

  @Test @EventLoop
  func `a file takes everything`() async throws {
    let file = try temporaryFile([])
    let writer = DescriptorWriter(descriptor: dup(file))
    writer.write([UInt8](repeating: 65, count: 500_000))
    writer.write("end")
    writer.close()
    #expect(lseek(file, 0, SEEK_END) == 500_005)
    close(file)
  }

  @Test @EventLoop
  func `/dev/null takes everything`() async throws {
    let writer = DescriptorWriter(descriptor: open("/dev/null", O_WRONLY))
    writer.write([UInt8](repeating: 65, count: 500_000))
    let done = await eventually { writer.queuedBytes == 0 }
    #expect(done)
    #expect(writer.sentBytes == 500_001)
    writer.abandon()
  }

  @Test @EventLoop
  func `close flushes first, also when nobody else holds the writer`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.writeEnd)
    var writer: DescriptorWriter? = DescriptorWriter(descriptor: pipe.writeEnd)
    writer?.write([UInt8](repeating: 1, count: 1_500_000))
    writer?.close()
    writer = nil
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    await sink.waitForEnd()
    #expect(sink.bytes.count == 1_500_001)
  }
}
