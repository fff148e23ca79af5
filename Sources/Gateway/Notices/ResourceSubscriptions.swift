import MCP

/// Who wants to hear of which resource.
///
/// A value. One resource may be wanted by the legacy session and by any number of
/// `subscriptions/listen`; the service is asked once, for the first of them, and
/// told once that nobody is left.
struct ResourceSubscriptions {
  enum Subscriber: Hashable {
    /// `resources/subscribe` of a legacy client.
    case session
    /// A `subscriptions/listen` with this request id.
    case listen(RequestID)
  }

  /// A resource of one service, by the service's own URI.
  struct Resource: Hashable {
    var service: Int
    var uri: [UInt8]
  }

  /// One message that an update becomes.
  struct Recipient: Hashable {
    var subscriber: Subscriber
    /// The URI as the subscriber wrote it; `nil` for a part of what it asked for.
    var askedURI: [UInt8]?
  }

  /// More than this are refused.
  static let limit = 10_000

  private var subscribers: [Resource: [Subscriber: [UInt8]]] = [:]
  private(set) var count = 0

  func isWanted(_ resource: Resource) -> Bool { subscribers[resource] != nil }

  /// - Returns: whether it is the first, so that the service must be asked.
  @discardableResult
  mutating func add(_ subscriber: Subscriber, to resource: Resource, as askedURI: [UInt8]) -> Bool {
    let isFirst = subscribers[resource] == nil
    if subscribers[resource, default: [:]].updateValue(askedURI, forKey: subscriber) == nil {
      count += 1
    }
    return isFirst
  }

  /// - Returns: whether it was the last, so that the service can be told.
  @discardableResult
  mutating func remove(_ subscriber: Subscriber, from resource: Resource) -> Bool {
    guard subscribers[resource]?.removeValue(forKey: subscriber) != nil else { return false }
    count -= 1
    guard subscribers[resource]?.isEmpty == true else { return false }
    subscribers[resource] = nil
    return true
  }

  /// Forgets a subscriber; returns what nobody wants any more.
  mutating func removeAll(of subscriber: Subscriber) -> [Resource] {
    let held = subscribers.filter { $0.value[subscriber] != nil }.map(\.key)
    return held.filter { remove(subscriber, from: $0) }
  }

  /// Forgets everything about a service that is gone; its number may become another's.
  mutating func removeAll(of service: Int) {
    for (resource, holders) in subscribers where resource.service == service {
      count -= holders.count
      subscribers[resource] = nil
    }
  }

  /// Who hears that `uri` of a service has changed: those who asked for it, or for
  /// a resource of which it is a part (2025-11-25, resources: sub-resources).
  func recipients(of uri: [UInt8], from service: Int) -> [Recipient] {
    var found: [Subscriber: [UInt8]?] = [:]
    for whole in Self.wholes(of: uri) {
      for subscriber in subscribers[Resource(service: service, uri: whole), default: [:]].keys {
        found[subscriber] = .some(nil)
      }
    }
    for (subscriber, asked) in subscribers[Resource(service: service, uri: uri), default: [:]] {
      found[subscriber] = asked
    }
    return found.map { Recipient(subscriber: $0.key, askedURI: $0.value) }
  }

  /// The URIs of which `uri` is a part: cut at each slash, with the slash and without.
  private static func wholes(of uri: [UInt8]) -> [[UInt8]] {
    let slashes = uri.indices.filter { uri[$0] == UInt8(ascii: "/") }.suffix(deepest)
    return slashes.flatMap { slash in
      slash + 1 == uri.count
        ? [Array(uri[..<slash])] : [Array(uri[..<slash]), Array(uri[...slash])]
    }
  }

  /// Slashes that are looked at, from the end: no URI can make this slow.
  private static let deepest = 32
}
