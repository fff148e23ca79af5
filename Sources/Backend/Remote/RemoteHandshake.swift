/// Finds out what a remote server speaks, and opens the connection.
///
/// A pure state machine, by the rules of the specification's transports: a modern server answers
/// `server/discover`; one that refuses it gets `initialize`; where that is refused with 400, 404
/// or 405, the stream of 2024-11-05 is asked for. Only an answer is a verdict: a refusal of our
/// credentials, trouble of the server and a network that fails say nothing about an era, and
/// whoever drives this does not report them here.
///
/// ```
///   start ─▶ discovering ──modern──────────────────▶ ready(modern)
///     │           └─refused─▶ initializing ─result─▶ ready(legacy)
///     │                            └─400, 404, 405─▶ opening ─endpoint─▶ initializing ─▶ ready
///     └─known or preferred legacy─▶ initializing ─refused─▶ discovering ─refused─▶ opening
/// ```
package import MCP

package struct RemoteHandshake: Hashable, Sendable {
  /// `protocol:` of the manifest.
  package enum Setting: Hashable, Sendable { case auto, legacy, modern, sse }

  package enum Action: Hashable, Sendable {
    case sendDiscover
    case sendInitialize
    /// Ask for the stream of HTTP+SSE and wait for its endpoint.
    case openStream
    case ready(Revision)
    /// The server speaks nothing that we and the manifest allow.
    case refuse
  }

  private enum Stage: Hashable, Sendable {
    case unstarted, discovering, initializing, opening, settled
  }

  private let setting: Setting
  private let isLegacyFirst: Bool
  private var stage = Stage.unstarted
  private var hasDiscovered = false
  private var hasInitialized = false
  /// `initialize` was refused in a way that an older server refuses every POST.
  private var mayBeOlder = false
  /// Messages come on the one stream of HTTP+SSE.
  package private(set) var usesStream = false

  /// - Parameters:
  ///   - knownEra: the verdict of an earlier run for the same server and preference.
  ///   - preferred: the era in which a server that speaks both is spoken to.
  package init(setting: Setting, knownEra: Era?, preferred: Era = .modern) {
    self.setting = setting
    isLegacyFirst = (knownEra ?? preferred) == .legacy
  }

  package var isSettled: Bool { stage == .settled }
  /// Whether an answer to `server/discover` is awaited.
  package var isDiscovering: Bool { stage == .discovering }

  package mutating func begin() -> Action {
    switch setting {
    case .sse: open()
    case .legacy: initialize()
    case .modern: discover()
    case .auto: isLegacyFirst ? initialize() : discover()
    }
  }

  /// The session was lost: the era is known, only `initialize` is sent anew.
  package mutating func renew() -> Action {
    stage = .initializing
    return .sendInitialize
  }

  /// `server/discover` was answered; `offersModern`: by a result or a -32022 error that names
  /// the newest revision.
  package mutating func discoverAnswered(offersModern: Bool) -> Action {
    guard stage == .discovering else { return refuse() }
    if offersModern {
      stage = .settled
      return .ready(.newest)
    }
    guard setting == .auto else { return refuse() }
    return hasInitialized ? (mayBeOlder ? open() : refuse()) : initialize()
  }

  /// `initialize` was answered with a legacy revision, or refused.
  ///
  /// - Parameter status: of the response.
  package mutating func initializeAnswered(_ revision: Revision?, status: Int) -> Action {
    guard stage == .initializing else { return refuse() }
    if let revision, revision.era == .legacy {
      stage = .settled
      return .ready(revision)
    }
    if usesStream { return refuse() }
    mayBeOlder = status == 400 || status == 404 || status == 405
    if setting == .auto, !hasDiscovered { return discover() }
    return mayBeOlder ? open() : refuse()
  }

  /// The stream has named where messages go.
  package mutating func endpointFound() -> Action {
    guard stage == .opening else { return refuse() }
    usesStream = true
    return initialize()
  }

  /// There is no such stream.
  package mutating func streamRefused() -> Action { refuse() }

  private mutating func discover() -> Action {
    stage = .discovering
    hasDiscovered = true
    return .sendDiscover
  }

  private mutating func initialize() -> Action {
    stage = .initializing
    hasInitialized = true
    return .sendInitialize
  }

  private mutating func open() -> Action {
    stage = .opening
    return .openStream
  }

  private mutating func refuse() -> Action {
    stage = .settled
    return .refuse
  }
}
