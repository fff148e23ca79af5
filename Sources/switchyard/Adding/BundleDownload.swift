import HTTP
import Loop
import OAuth

/// An `.mcpb` bundle that lies at a URL: brought whole, and into memory only.
///
/// No credential goes with the request, so that redirects are followed, as places that keep files
/// want it; each address must be one that the first may name (`WebAddress.init(_:as:namedBy:)`).
enum BundleDownload {
  private static let redirects = 5
  private static let limits = HTTPLimits(
    connect: .seconds(10), idle: .seconds(30), total: .seconds(600),
    responseBytes: ServerBundle.limit)

  /// Whether the last part of its path ends as files of bundles do.
  static func isMeant(by url: String) -> Bool {
    let path = url.prefix { $0 != "?" && $0 != "#" }.lowercased()
    return [".mcpb", ".dxt"].contains { path.hasSuffix($0) }
  }

  static func bytes(of url: String) throws -> [UInt8] {
    do throws(Refusal) {
      let first = try WebAddress(url)
      guard first.origin.scheme == .https || first.isOnThisMachine else {
        throw Refusal("A bundle is only taken over https, or from this machine.")
      }
      var place = first
      for _ in 0...redirects {
        let response = try response(of: place)
        guard (300..<400).contains(response.head.status) else { return try body(response, place) }
        let target = response.head.value(of: "location") ?? ""
        place = try WebAddress(
          target.hasPrefix("/") && !target.hasPrefix("//") ? place.originText + target : target,
          as: "its redirect", namedBy: first)
        guard place.origin.scheme == .https || place.isOnThisMachine else {
          throw Refusal("A bundle is only taken over https, or from this machine.")
        }
      }
      throw Refusal("It redirects more than \(redirects) times.")
    } catch {
      throw CommandFailure("\(url.printable()): \(error.message.printable())")
    }
  }

  private static func body(
    _ response: HTTPResponse, _ place: WebAddress
  ) throws(Refusal) -> [UInt8] {
    guard response.head.status == 200 else {
      throw Refusal("'\(place.originText)' answers with status \(response.head.status).")
    }
    return response.body
  }

  private static func response(of place: WebAddress) throws(Refusal) -> HTTPResponse {
    let result = DownloadResult()
    EventLoop.run { ask(place, result) }
    return try result.outcome.get()
  }

  @EventLoop
  private static func ask(_ place: WebAddress, _ result: DownloadResult) {
    place.fetch("GET", headers: [], limits: limits, environment: Process.environment) { outcome in
      result.outcome = outcome
      EventLoop.stop()
    }
  }
}

extension WebAddress {
  fileprivate var isOnThisMachine: Bool {
    let host = origin.host
    return origin.allowsPrivateAddresses
      && (host == "::1" || host.hasPrefix("127.") || host == "localhost"
        || host.hasSuffix(".localhost"))
  }
}

/// What the loop leaves behind.
private final class DownloadResult: @unchecked Sendable {
  var outcome: Result<HTTPResponse, Refusal> = .failure(Refusal("Interrupted."))
}
