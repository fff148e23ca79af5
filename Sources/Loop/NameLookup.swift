import CUV
import Glibc

/// Looks up the addresses of a name on a thread of its own, which ends with the look-up.
///
/// `getaddrinfo` can take many seconds and cannot be interrupted. A thread for each look-up means
/// that one that hangs holds up nobody else; callers have one at a time each.
@EventLoop
package final class NameLookup {
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var code: Int32

    package init(code: Int32) { self.code = code }

    package var description: String { String(cString: gai_strerror(code)) }
  }

  package typealias Outcome = Result<[IPAddress], Failure>

  private var completion: (@EventLoop (Outcome) -> Void)?
  private let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
  private let work: Work

  /// Calls `completion` once, never within this call, unless it is cancelled before. The
  /// addresses are in the system's order of preference.
  @discardableResult
  package static func start(
    _ name: String, completion: @escaping @EventLoop (Outcome) -> Void
  ) -> NameLookup {
    let lookup = NameLookup(name, completion)
    lookup.begin()
    return lookup
  }

  /// The thread goes on; nobody hears of it.
  package func cancel() { completion = nil }

  private init(_ name: String, _ completion: @escaping @EventLoop (Outcome) -> Void) {
    self.completion = completion
    work = Work(name, wake)
    uv_async_init(EventLoop.executor.loop, wake, lookupEnded)
  }

  private func begin() {
    // Released when the loop hears of the end, in any case.
    wake.pointee.data = Unmanaged.passRetained(self).toOpaque()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(work)
    let status = pthread_create(&thread, &attributes, lookUpOnThread, argument.toOpaque())
    guard status != 0 else { return }
    argument.release()
    work.outcome = .failure(Failure(code: EAI_AGAIN))
    uv_async_send(wake)
  }

  fileprivate func ended() {
    closeHandle(wake)
    completion?(work.outcome)
    completion = nil
  }

  /// What the thread works on. `@unchecked Sendable`: the thread writes `outcome` before it wakes
  /// the loop, which reads it afterwards.
  fileprivate final class Work: @unchecked Sendable {
    private let name: String
    private let wake: UnsafeMutablePointer<uv_async_t>
    var outcome: Outcome = .failure(Failure(code: EAI_FAIL))

    init(_ name: String, _ wake: UnsafeMutablePointer<uv_async_t>) {
      self.name = name
      self.wake = wake
    }

    func run() {
      // Signals are for the loop's thread.
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_BLOCK, &all, nil)
      outcome = lookUp()
      uv_async_send(wake)
    }

    private func lookUp() -> Outcome {
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
}

/// A function of the file: a closure written in isolated code would belong to the loop.
private func lookUpOnThread(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let work else { return nil }
  Unmanaged<NameLookup.Work>.fromOpaque(work).takeRetainedValue().run()
  return nil
}

private let enter = Entrance<UnsafeMutableRawPointer?> { data in
  guard let data else { return }
  Unmanaged<NameLookup>.fromOpaque(data).takeRetainedValue().ended()
}

private func lookupEnded(_ handle: UnsafeMutablePointer<uv_async_t>?) {
  enter(handle?.pointee.data)
}
