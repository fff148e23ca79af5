import Glibc
import HTTPTesting
import Loop
import LoopTesting
import Testing

@testable import HTTP

/// A process that makes no request has no libcurl in it.
@Suite(.eventLoop)
struct LibraryTests {
  @Test
  func `libcurl is loaded by the first request and not before`() async throws {
    await #expect(processExitsWith: .exitCode(7)) {
      LoopThread.start()
      guard !hasLibcurl() else { leave(1) }
      let server = try RawHTTPServer()
      guard let client = await EventLoop.client(of: server), !hasLibcurl() else { leave(2) }
      let status = await get(client, "/echo").status
      leave(status == 200 && hasLibcurl() ? 7 : 3)
    }
  }

  @Test @EventLoop
  func `a machine without libcurl says which library is missing`() {
    guard case .failure(let error) = CurlLibrary.open("libcurl-none.so.4") else {
      Issue.record("there is such a library")
      return
    }
    #expect(error.kind == .unavailableLibrary)
    #expect(error.wasSent == .notSent)
    #expect(error.message.hasPrefix("libcurl-none.so.4 cannot be used"))
  }

  @Test @EventLoop
  func `a library that is not libcurl is refused by what it lacks`() {
    guard case .failure(let error) = CurlLibrary.open("libc.so.6") else {
      Issue.record("libc is taken for libcurl")
      return
    }
    #expect(error.message.contains("curl_global_init"))
  }
}

/// Whether the process has it mapped.
func hasLibcurl() -> Bool {
  guard let file = fopen("/proc/self/maps", "re") else { return true }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 4096)
  while fgets(&line, Int32(line.count), file) != nil {
    if strstr(line, "libcurl") != nil { return true }
  }
  return false
}

/// Ends a process of an exit test.
func leave(_ code: Int32) -> Never { exit(code) }

func setProxyVariables() {
  setenv("http_proxy", "http://127.0.0.1:1", 1)
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1)
}

func statusOfEcho(_ server: RawHTTPServer) async -> Int? {
  guard let client = await EventLoop.client(of: server) else { return nil }
  return await get(client, "/echo").status
}

extension EventLoop {
  @EventLoop
  static func client(of server: RawHTTPServer) -> HTTPClient? {
    (try? HTTPOrigin.parse(server.url).origin).map { HTTPClient(origin: $0, connections: 1) }
  }
}
