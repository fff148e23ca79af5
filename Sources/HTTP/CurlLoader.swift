import Loop

/// Loads libcurl once, when it is first wanted, on a thread of its own: the 31 shared libraries
/// that it brings along take 10 to 16 ms, in which the loop would serve nobody.
@EventLoop
final class CurlLoader {
  typealias Loaded = Result<CurlLibrary, HTTPError>
  typealias Completion = @EventLoop () -> Void

  /// The one of the process.
  static let system = CurlLoader { CurlLibrary.open("libcurl.so.4") }

  private let open: @Sendable () -> Result<CurlLibrary.Opened, HTTPError>
  /// What came of it; a failure stays one.
  private(set) var loaded: Loaded?
  private var waiting: [Int: Completion] = [:]
  private var last = 0
  private var isLoading = false

  init(_ open: @escaping @Sendable () -> Result<CurlLibrary.Opened, HTTPError>) {
    self.open = open
  }

  /// Calls `completion` once, later, when `loaded` is set. The answer is for `forget`.
  func load(_ completion: @escaping Completion) -> Int {
    last += 1
    waiting[last] = completion
    guard !isLoading else { return last }
    isLoading = true
    let open = open
    OffLoop.run(
      stack: 512 << 10, fallback: nil, work: { Optional(open()) },
      // Without another thread the loop has to wait.
      completion: { [self] in finish($0 ?? open()) })
    return last
  }

  /// Who asked has gone.
  func forget(_ number: Int) { waiting[number] = nil }

  private func finish(_ result: Result<CurlLibrary.Opened, HTTPError>) {
    isLoading = false
    loaded = result.map { CurlLibrary($0) }
    // In the order of their asking.
    let all = waiting.sorted { $0.key < $1.key }
    waiting = [:]
    for (_, completion) in all { completion() }
  }
}
