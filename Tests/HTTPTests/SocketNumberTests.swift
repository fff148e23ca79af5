import Glibc
import Loop
import LoopTesting
import Testing

@testable import HTTP

/// Numbers of sockets that come again. libcurl closes some sockets without a word, and takes the next
/// one with that number for one that it has asked to be watched.
@Suite(.eventLoop)
struct SocketNumberTests {
  /// CURL_POLL_IN and CURL_POLL_REMOVE. Importing libcurl's declarations here would hide those of
  /// sockets from files that import Glibc alone.
  private let wantsToRead: Int32 = 1
  private let wantsNothing: Int32 = 4

  /// One of libcurl's multi handles, and how often it was told of something.
  @EventLoop
  private final class Watched {
    let multi: CurlMulti
    var told = 0

    init() async throws {
      if CurlLoader.system.loaded == nil {
        await withCheckedContinuation { loaded in
          _ = CurlLoader.system.load { loaded.resume() }
        }
      }
      multi = try CurlMulti(try #require(CurlLoader.system.loaded).get(), connections: 1)
      multi.settled = { [unowned self] in told += 1 }
    }
  }

  /// Two ends of a connection; the first has the number `number`, if there is one.
  private func pair(number: Int32? = nil) -> (near: Int32, far: Int32) {
    var ends: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    guard let number, number != ends[0] else { return (ends[0], ends[1]) }
    #expect(dup2(ends[0], number) == number)
    close(ends[0])
    return (number, ends[1])
  }

  @Test @EventLoop
  func `a new socket that libcurl takes for watched is watched`() async throws {
    let watched = try await Watched()
    let first = pair()
    watched.multi.opened(first.near)
    watched.multi.want(first.near, wantsToRead)
    // Closed unheard; another has its number at once, and nobody asks for it.
    let second = pair(number: first.near)
    watched.multi.opened(second.near)
    #expect(write(second.far, "x", 1) == 1)
    let isTold = await eventually { watched.told > 0 }
    #expect(isTold)
    watched.multi.want(second.near, wantsNothing)
    watched.multi.close()
    for socket in [first.far, second.near, second.far] { close(socket) }
  }

  @Test @EventLoop
  func `what one origin has closed unheard is watched for another`() async throws {
    let (one, other) = (try await Watched(), try await Watched())
    let first = pair()
    one.multi.opened(first.near)
    one.multi.want(first.near, wantsToRead)
    let second = pair(number: first.near)
    other.multi.opened(second.near)
    other.multi.want(second.near, wantsToRead)
    #expect(write(second.far, "x", 1) == 1)
    let isTold = await eventually { other.told > 0 }
    #expect(isTold)
    #expect(one.told == 0)
    // What the first says of it now is of no matter.
    one.multi.want(first.near, wantsNothing)
    let before = other.told
    let isHeard = await eventually { other.told > before }
    #expect(isHeard)
    other.multi.want(second.near, wantsNothing)
    for watched in [one, other] { watched.multi.close() }
    for socket in [first.far, second.near, second.far] { close(socket) }
  }
}
