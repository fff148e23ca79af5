import HTTP
import HTTPTesting
import Loop
import Resilience
import Testing

/// Sends one request and waits for its end.
@EventLoop
func fetch(_ client: HTTPClient, _ request: HTTPRequest) async -> Result<HTTPResponse, HTTPError> {
  await withCheckedContinuation { done in
    client.fetch(request) { done.resume(returning: $0) }
  }
}

@EventLoop
func get(
  _ client: HTTPClient, _ target: String, limits: HTTPLimits = HTTPLimits()
) async -> Result<HTTPResponse, HTTPError> {
  await fetch(client, HTTPRequest(method: "GET", target: target, limits: limits))
}

/// A client of a server of ours.
@EventLoop
func client(of server: RawHTTPServer, connections: Int = 4) throws -> HTTPClient {
  HTTPClient(origin: try HTTPOrigin.parse(server.url).origin, connections: connections)
}

extension Result where Success == HTTPResponse, Failure == HTTPError {
  var text: String? { (try? get()).map { String(decoding: $0.body, as: UTF8.self) } }
  var status: Int? { (try? get())?.head.status }
  var error: HTTPError? { if case .failure(let error) = self { error } else { nil } }
  var kind: HTTPError.Kind? { error?.kind }
}

/// Waits on the loop until the condition holds; false after 20 seconds.
@EventLoop
func eventually(_ condition: @EventLoop () -> Bool) async -> Bool {
  let deadline = EventLoop.now + .seconds(20)
  while !condition() {
    if EventLoop.now > deadline { return false }
    await pause(.milliseconds(5))
  }
  return true
}

@EventLoop
func pause(_ duration: Duration) async {
  var timer: LoopTimer?
  await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
    timer = LoopTimer { done.resume() }
    timer?.start(after: duration)
  }
  timer = nil
}

/// Any text as the argument of a path of the raw server.
func encoded(_ text: String) -> String {
  text.utf8.map { byte in
    let hex = String(byte, radix: 16)
    return "%" + (hex.utf8.count == 1 ? "0" + hex : hex)
  }.joined()
}
