import Glibc

/// Looks up the addresses of a name on a thread of its own, which ends with the look-up.
///
/// `getaddrinfo` can take many seconds and cannot be interrupted; callers have one at a time each.
@EventLoop
package final class NameLookup {
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var code: Int32

    package init(code: Int32) { self.code = code }

    package var description: String { String(cString: gai_strerror(code)) }
  }

  package typealias Outcome = Result<[IPAddress], Failure>

  private static let stack = 512 << 10
  private var completion: (@EventLoop (Outcome) -> Void)?

  /// Calls `completion` once, never within this call, unless it is cancelled before. The
  /// addresses are in the system's order of preference.
  @discardableResult
  package static func start(
    _ name: String, completion: @escaping @EventLoop (Outcome) -> Void
  ) -> NameLookup {
    let lookup = NameLookup(completion)
    OffLoop.run(
      stack: stack, fallback: .failure(Failure(code: EAI_AGAIN)), work: { lookUp(name) },
      completion: lookup.ended)
    return lookup
  }

  /// The thread goes on; nobody hears of it.
  package func cancel() { completion = nil }

  private init(_ completion: @escaping @EventLoop (Outcome) -> Void) {
    self.completion = completion
  }

  private func ended(_ outcome: Outcome) {
    completion?(outcome)
    completion = nil
  }

  private nonisolated static func lookUp(_ name: String) -> Outcome {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(name, nil, &hints, &list)
    guard status == 0 else { return .failure(Failure(code: status)) }
    defer { freeaddrinfo(list) }
    var addresses: [IPAddress] = []
    var entry = list
    while let current = entry?.pointee {
      if let address = current.ai_addr,
        let found = IPAddress(socketAddress: address, length: Int(current.ai_addrlen)),
        !addresses.contains(found)
      {
        addresses.append(found)
      }
      entry = current.ai_next
    }
    return .success(addresses)
  }
}
