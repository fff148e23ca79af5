import Glibc
import LoopTesting
import Testing

@testable import Loop

@Suite(.eventLoop)
struct DescriptorReaderTests {
  @Test(arguments: [true, false]) @EventLoop
  func `a pipe is read to its end, blocking or not`(isNonBlocking: Bool) async throws {
    let pipe = try Pipe()
    if isNonBlocking { Pipe.makeNonBlocking(pipe.readEnd) }
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    writeAll(pipe.writeEnd, "one")
    await sink.wait(forBytes: 3)
    writeAll(pipe.writeEnd, "two")
    close(pipe.writeEnd)
    await sink.waitForEnd()
    #expect(sink.text == "onetwo")
    #expect(sink.end == .endOfFile)
  }

  @Test @EventLoop
  func `R08: a socket is read and written, and keeps its flags`() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: ends[0], sink: sink)
    let writer = DescriptorWriter(descriptor: ends[1])
    reader.resume()
    writer.write("hello")
    await sink.wait(forBytes: 6)
    #expect(fcntl(ends[0], F_GETFL) & O_NONBLOCK == 0)
    #expect(fcntl(ends[1], F_GETFL) & O_NONBLOCK == 0)
    let large = [UInt8](repeating: 120, count: 3_000_000)
    writer.write(large)
    await sink.wait(forBytes: 3_000_007)
    writer.close()
    await sink.waitForEnd()
    #expect(sink.bytes == Array("hello\n".utf8) + large + [10])
    #expect(reader.isPaused)
  }

  @Test @EventLoop
  func `R08: a regular file is read to its end`() async throws {
    let contents = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
    let file = try temporaryFile(contents)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: file, sink: sink)
    reader.resume()
    await sink.waitForEnd()
    #expect(sink.bytes == contents)
    #expect(sink.deliveries.count > 1)
    #expect(reader.isPaused)
  }

  @Test @EventLoop
  func `R08: /dev/null ends at once`() async {
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: open("/dev/null", O_RDONLY), sink: sink)
    reader.resume()
    await sink.waitForEnd()
    #expect(sink.end == .endOfFile)
    #expect(sink.bytes.isEmpty)
    withExtendedLifetime(reader) {}
  }

  @Test @EventLoop
  func `R08: a terminal is read`() async throws {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var unlocked: Int32 = 0
    var number: UInt32 = 0
    // TIOCSPTLCK and TIOCGPTN of <asm-generic/ioctls.h>.
    try #require(ioctl(terminal, 0x4004_5431, &unlocked) == 0)
    try #require(ioctl(terminal, 0x8004_5430, &number) == 0)
    let name = "/dev/pts/\(number)"
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: open(name, O_RDWR | O_NOCTTY), sink: sink)
    reader.resume()
    writeAll(terminal, "typed\n")
    await sink.wait(forBytes: 6)
    #expect(sink.text == "typed\n")
    close(terminal)
    await sink.waitForEnd()
  }

  @Test @EventLoop
  func `a descriptor that is not open is reported, not fatal`() async {
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: 1_000_000, sink: sink)
    reader.resume()
    await sink.waitForEnd()
    #expect(sink.end == .failed(EBADF))
    withExtendedLifetime(reader) {}
  }

  @Test @EventLoop
  func `a paused reader delivers nothing until it is resumed`() async throws {
    let pipe = try Pipe()
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    reader.resume()
    reader.pause()
    writeAll(pipe.writeEnd, "held")
    await sleep(.milliseconds(5))
    #expect(sink.bytes.isEmpty)
    reader.resume()
    await sink.wait(forBytes: 4)
    reader.close()
    close(pipe.writeEnd)
  }

  @Test(arguments: [true, false]) @EventLoop
  func `B16: drain delivers what a dead writer left, and its end`(isNonBlocking: Bool) throws {
    let pipe = try Pipe()
    if isNonBlocking { Pipe.makeNonBlocking(pipe.readEnd) }
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    let left = [UInt8](repeating: 97, count: 65_536)
    _ = left.withUnsafeBytes { write(pipe.writeEnd, $0.baseAddress, $0.count) }
    close(pipe.writeEnd)
    reader.drain()
    #expect(sink.bytes == left)
    #expect(sink.end == .endOfFile)
  }

  @Test @EventLoop
  func `drain ends although somebody keeps writing`() throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.readEnd)
    let sink = Refilling(pipe.writeEnd)
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    writeAll(pipe.writeEnd, "start")
    reader.drain()
    #expect(sink.deliveries == 2)
    reader.close()
    close(pipe.writeEnd)
  }

  @Test @EventLoop
  func `releasing a reader inside a plain callback closes its descriptor at once`() async throws {
    let pipe = try Pipe()
    var reader: DescriptorReader? = DescriptorReader(
      descriptor: pipe.readEnd, sink: ByteCollector())
    #expect(reader?.isPaused == true)
    var isClosed = false
    var timer: LoopTimer?
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      timer = LoopTimer {
        reader = nil
        isClosed = isUnread(pipe.writeEnd)
        done.resume()
      }
      timer?.start(after: .zero)
    }
    #expect(isClosed)
    close(pipe.writeEnd)
    withExtendedLifetime(timer) {}
  }

  @Test @EventLoop
  func `a sink may close the reader while it is being served`() async throws {
    let pipe = try Pipe()
    let sink = Closing()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    sink.reader = reader
    writeAll(pipe.writeEnd, "x")
    reader.resume()
    await sleep(.milliseconds(5))
    #expect(sink.deliveries == 1)
    #expect(isUnread(pipe.writeEnd))
    close(pipe.writeEnd)
  }

  @Test @EventLoop
  func `a long message takes few reads once the pipe was enlarged`() async throws {
    let pipe = try Pipe()
    Pipe.makeNonBlocking(pipe.readEnd)
    Pipe.makeNonBlocking(pipe.writeEnd)
    let sink = ByteCollector()
    let reader = DescriptorReader(descriptor: pipe.readEnd, sink: sink)
    let writer = DescriptorWriter(descriptor: pipe.writeEnd)
    reader.resume()
    let line = [UInt8](repeating: 109, count: 1_000_000)
    for count in 1...4 {
      writer.write(line)
      await sink.wait(forBytes: 1_000_001 * count)
    }
    let before = sink.deliveries.count
    writer.write(line)
    await sink.wait(forBytes: 5_000_005)
    #expect(sink.deliveries.count - before <= 4)
    writer.close()
    reader.close()
  }
}

/// Whether nobody reads the pipe any more.
///
/// A process that a neighbouring test starts holds a copy of every descriptor
/// until its `exec`; so this asks again for a while. The loop does not turn
/// meanwhile: what is not closed already is not closed by waiting.
private func isUnread(_ writeEnd: Int32) -> Bool {
  for _ in 0..<5_000 {
    if write(writeEnd, "x", 1) < 0 { return errno == EPIPE }
    usleep(1_000)
  }
  return false
}

/// Writes more each time something arrives.
@EventLoop
private final class Refilling: ByteSink {
  private let descriptor: Int32
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
  var deliveries = 0

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  isolated deinit { memory.deallocate() }

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { memory }

  func received(_ count: Int) {
    deliveries += 1
    writeAll(descriptor, "again")
  }

  func ended(_ reason: EndOfInput) {}
}

@EventLoop
private final class Closing: ByteSink {
  weak var reader: DescriptorReader?
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
  var deliveries = 0

  isolated deinit { memory.deallocate() }

  func tail(atLeast count: Int) -> UnsafeMutableRawBufferPointer { memory }

  func received(_ count: Int) {
    deliveries += 1
    reader?.close()
  }

  func ended(_ reason: EndOfInput) { deliveries += 100 }
}
