import Loop
import Resilience

/// The addresses of an origin's host, or of its proxy, as libcurl is told them (rows H02, S09).
///
/// They are looked up when a request needs them and are older than a minute, or when no
/// connection was made to any of them. Special addresses are left out unless the origin allows
/// them; the socket checks again.
@EventLoop
struct OriginNames {
  typealias Completion = @EventLoop (NameLookup.Outcome) -> Void
  /// Looks up a name; the answer cancels.
  typealias LookUp = @EventLoop (String, @escaping Completion) -> (@EventLoop () -> Void)

  enum State {
    case ready
    /// The caller is told when to ask again.
    case pending
    case failed(HTTPError.Kind, String)
  }

  static let system: LookUp = { name, completion in
    let lookup = NameLookup.start(name, completion: completion)
    return { lookup.cancel() }
  }

  private static let lifetime = Duration.seconds(60)

  private let host: String
  private let port: Int
  private let checksAddresses: Bool
  private let lookUp: LookUp
  /// Literals and sockets need no addresses.
  private let isFixed: Bool
  private let box = Box()

  init(_ origin: HTTPOrigin, _ lookUp: @escaping LookUp) {
    host = origin.proxy?.host ?? origin.host
    port = origin.proxy?.port ?? origin.port
    checksAddresses = origin.proxy == nil && !origin.allowsPrivateAddresses
    isFixed = origin.socketPath != nil || IPAddress(host) != nil
    self.lookUp = lookUp
  }

  /// `completion` is called once, later, where the answer is `pending`.
  func addresses(at now: Instant, _ completion: @escaping @EventLoop () -> Void) -> State {
    if isFixed { return .ready }
    if let failure = box.failure {
      box.failure = nil
      return .failed(failure.0, failure.1)
    }
    if let knownSince = box.knownSince, now - knownSince < Self.lifetime { return .ready }
    guard box.cancel == nil else { return .pending }
    let (box, checks) = (box, checksAddresses)
    box.cancel = lookUp(host) { outcome in
      box.cancel = nil
      box.take(outcome, checks)
      completion()
    }
    return .pending
  }

  /// No connection was made: the next request asks anew.
  func forget() { box.knownSince = nil }

  /// Nobody waits for the answer any more; the next request asks anew.
  func forgetFailure() { box.failure = nil }

  func cancel() {
    box.cancel?()
    box.cancel = nil
  }

  /// Gives a handle the present addresses unless it has them.
  func tell(_ easy: CurlEasy) {
    guard !isFixed, easy.addressGeneration != box.generation else { return }
    let texts = box.addresses.map { $0.family == .v6 ? "[\($0)]" : "\($0)" }
    easy.setAddresses(
      "\(host):\(port):\(texts.joined(separator: ","))", generation: box.generation)
  }

  /// What changes; shared with the completion of a look-up.
  @EventLoop
  private final class Box {
    var cancel: (@EventLoop () -> Void)?
    var failure: (HTTPError.Kind, String)?
    var knownSince: Instant?
    private(set) var generation = 0
    private(set) var addresses: [IPAddress] = []

    func take(_ outcome: NameLookup.Outcome, _ checksAddresses: Bool) {
      switch outcome {
      case .failure(let error):
        failure = (.resolve, "the host's name cannot be looked up (\(printable("\(error)")))")
      case .success(let all):
        let usable = checksAddresses ? all.filter { !$0.isSpecial } : all
        if all.isEmpty {
          failure = (.resolve, "the host's name has no address")
        } else if usable.isEmpty {
          failure = (.refusedAddress, HTTPError.refusedAddress)
        } else {
          knownSince = EventLoop.now
          // Servers of names turn the order round; that is no news.
          guard Set(usable) != Set(addresses) else { return }
          addresses = usable
          generation += 1
        }
      }
    }
  }
}
