import Glibc
import LoopTesting
import Testing

@testable import Loop

/// A watch keeps its socket in the kernel's set between requests (H22, H24).
@Suite(.eventLoop)
struct SocketWatchTests {
  /// Two connected sockets that do not block; closed when it goes.
  private final class Pair {
    let near: Int32
    private(set) var far: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      (near, far) = (ends[0], ends[1])
      for end in ends { Loop.Pipe.makeNonBlocking(end) }
    }

    deinit {
      close(near)
      closeFar()
    }

    func closeFar() {
      if far >= 0 { close(far) }
      far = -1
    }

    func drain() {
      var bytes = [UInt8](repeating: 0, count: 64)
      while read(near, &bytes, bytes.count) > 0 {}
    }
  }

  /// What a watch has been told.
  @EventLoop
  private final class Told {
    var all: [SocketWatch.Readiness] = []
    var count: Int { all.count }
  }

  /// Whether the kernel watches a descriptor for this process.
  private func isInKernel(_ descriptor: Int32) -> Bool {
    for file in 0..<1_024 {
      guard let info = fopen("/proc/self/fdinfo/\(file)", "r") else { continue }
      defer { fclose(info) }
      var line = [CChar](repeating: 0, count: 256)
      while fgets(&line, Int32(line.count), info) != nil {
        let text = line.withUnsafeBufferPointer { buffer in
          buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        if words.first == "tfd:", words.dropFirst().first == "\(descriptor)" { return true }
      }
    }
    return false
  }

  /// Until libuv has been in the kernel with what it was told.
  @EventLoop
  private func turn() async {
    for _ in 0..<3 { await sleep(.milliseconds(2)) }
  }

  @Test @EventLoop
  func `what is possible is told in the directions that are wanted`() async throws {
    let pair = try Pair()
    let told = Told()
    let watch = try SocketWatch(socket: pair.near) { told.all.append($0) }
    watch.watch(for: .writable)
    #expect(await eventually { told.count > 0 })
    #expect(told.all.allSatisfy { $0 == .writable })
    watch.watch(for: .readable)
    told.all.removeAll()
    await turn()
    #expect(told.count == 0)
    writeAll(pair.far, "x")
    #expect(await eventually { told.count > 0 })
    #expect(told.all.allSatisfy { $0 == .readable })
    watch.close()
  }

  @Test @EventLoop
  func `a socket that nobody waits for stays in the kernel's set, and is told of again`()
    async throws
  {
    let pair = try Pair()
    let told = Told()
    let watch = try SocketWatch(socket: pair.near) {
      told.all.append($0)
      pair.drain()
    }
    watch.watch(for: .readable)
    await turn()
    #expect(isInKernel(pair.near))
    for round in 1...3 {
      watch.watch(for: [])
      await turn()
      #expect(isInKernel(pair.near))
      watch.watch(for: .readable)
      writeAll(pair.far, "x")
      #expect(await eventually { told.count == round })
    }
    watch.close()
    await turn()
    #expect(!isInKernel(pair.near))
  }

  @Test @EventLoop
  func `what happens while nobody waits takes the socket out, tells nobody, and is not lost`()
    async throws
  {
    let pair = try Pair()
    let told = Told()
    let watch = try SocketWatch(socket: pair.near) {
      told.all.append($0)
      pair.drain()
    }
    watch.watch(for: .readable)
    await turn()
    watch.watch(for: [])
    writeAll(pair.far, "x")
    #expect(await eventually { !isInKernel(pair.near) })
    #expect(told.count == 0)
    watch.watch(for: .readable)
    #expect(await eventually { told.count == 1 })
    watch.close()
  }

  @Test @EventLoop
  func `the end of the other side is told as readable`() async throws {
    let pair = try Pair()
    let told = Told()
    let watch = try SocketWatch(socket: pair.near) { [pair] in
      told.all.append($0)
      _ = pair
    }
    watch.watch(for: .readable)
    shutdown(pair.far, Int32(SHUT_RDWR))
    #expect(await eventually { told.all.contains { $0.contains(.readable) } })
    watch.close()
    let count = told.count
    await turn()
    #expect(told.count == count)
  }

  @Test @EventLoop
  func `an error behind bytes is told of after each byte, until it is met`() async throws {
    let pair = try Pair()
    var found: [Int] = []
    let watch = try SocketWatch(socket: pair.near) { [pair] readiness in
      var byte: UInt8 = 0
      found.append(readiness.contains(.readable) ? read(pair.near, &byte, 1) : -2)
    }
    watch.watch(for: .readable)
    await turn()
    // Bytes that the other side has not read make an error of its end.
    writeAll(pair.near, "unread")
    writeAll(pair.far, "xy")
    pair.closeFar()
    #expect(await eventually { found.count >= 3 })
    #expect(found.prefix(3) == [1, 1, -1])
    watch.watch(for: [])
    await turn()
    watch.close()
  }

  @Test @EventLoop
  func `a descriptor that the kernel cannot watch is refused`() async throws {
    let file = try temporaryFile([1])
    defer { close(file) }
    let told = Told()
    #expect(throws: SystemError.self) {
      _ = try SocketWatch(socket: file) { told.all.append($0) }
    }
    #expect(told.count == 0)
  }
}
