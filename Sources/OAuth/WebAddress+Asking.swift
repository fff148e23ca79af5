package import HTTP
import Loop
package import RawJSON

// Asking the addresses that were let through. `ask` never follows a redirect: it would carry what was
// sent to a place that nobody has checked.
extension WebAddress {
  /// Documents are small, and a person waits.
  package static let limits = HTTPLimits(
    connect: .seconds(10), idle: .seconds(15), total: .seconds(30), responseBytes: 1 << 20)

  /// Sends one request to this address and to nowhere else.
  ///
  /// - Parameters:
  ///   - environment: where proxies are named.
  ///   - completion: is called once, never within this call.
  @EventLoop
  package func ask(
    _ method: String, headers: [HTTPHeader], body: String? = nil, environment: [String: String],
    completion: @escaping @EventLoop (Result<HTTPResponse, Refusal>) -> Void
  ) {
    let place = originText
    fetch(
      method, headers: headers, body: body, limits: Self.limits, environment: environment
    ) { outcome in
      completion(outcome.flatMap { Self.checked($0, at: place) })
    }
  }

  /// The same, and a redirect is an answer: who follows it says what may go there.
  @EventLoop
  package func fetch(
    _ method: String, headers: [HTTPHeader], body: String? = nil, limits: HTTPLimits,
    environment: [String: String],
    completion: @escaping @EventLoop (Result<HTTPResponse, Refusal>) -> Void
  ) {
    var origin = origin
    do throws(HTTPOriginError) {
      origin.proxy = try HTTPProxy(
        environment: environment, scheme: origin.scheme, host: origin.host, port: origin.port)
    } catch {
      return EventLoop.atEndOfTurn { completion(.failure(Refusal("The address \(error)."))) }
    }
    let client = HTTPClient(origin: origin, connections: 1)
    let request = HTTPRequest(
      method: method, target: target, headers: headers,
      body: body.map { .bytes(Array($0.utf8)) } ?? .none, limits: limits)
    let place = originText
    client.fetch(request) { outcome in
      client.close()
      completion(outcome.mapError { Refusal("'\(place)' cannot be asked: \($0.message).") })
    }
  }

  private static func checked(
    _ response: HTTPResponse, at place: String
  ) -> Result<HTTPResponse, Refusal> {
    guard !(300..<400).contains(response.head.status) else {
      let target = response.head.value(of: "location") ?? "elsewhere"
      return .failure(
        Refusal("'\(place)' redirects to '\(target.shown)', which is never followed."))
    }
    return .success(response)
  }
}

extension HTTPResponse {
  /// The body, where it is JSON.
  package var json: JSONValue? { try? JSONValue(parsing: body) }
}
