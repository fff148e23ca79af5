/// Finds out which era a stdio service speaks, and opens the connection.
///
/// A pure state machine: it receives what the child did and says what to send.
/// The rule is protocol.md 5.3: probe with `server/discover`; a modern answer
/// decides; *any* other answer means `initialize` on the same pipe; silence or
/// death means a fresh child that is never probed again, because old servers
/// crash or hang on a request before `initialize`.
///
/// A service that speaks both eras is spoken to in the era of the requests for which it is
/// started: where legacy is preferred, `initialize` comes first, and only a service that refuses
/// it or dies of it is probed.
///
/// ```
///  start ──▶ probing ──modern answer──────────────▶ ready(modern)
///    │          ├──any other answer──▶ initializing ──result──▶ ready(legacy)
///    │          └──silence, death──▶ respawn ──▶ initializing ──error──▶ probing again
///    └──known or preferred legacy──▶ initializing ──error──▶ probing
///                      └──silence, death, if only preferred──▶ respawn ──▶ probing
/// ```
package import MCP

package struct Handshake: Hashable, Sendable {
  /// `protocol:` of the manifest.
  package enum Setting: Hashable, Sendable { case auto, legacy, modern }

  package enum Action: Hashable, Sendable {
    case sendDiscover
    case sendInitialize
    /// Legacy only: send `notifications/initialized`, then calls may flow.
    case ready(Revision)
    /// Replace the child; the next one starts from this state.
    case respawn
    case fail(Failure)
  }

  package enum Failure: Hashable, Sendable {
    /// The child ended before it was ready.
    case ended
    /// No answer within the time limit for starting.
    case timedOut
    /// The child speaks no revision that we and the manifest allow.
    case refused
  }

  private enum Stage: Hashable, Sendable {
    case unstarted
    case probing
    case initializing
    case settled
  }

  private let setting: Setting
  private let knownEra: Era?
  /// Nothing is known, and the requests that wait are legacy ones.
  private let guessesLegacy: Bool
  private var stage = Stage.unstarted
  /// A child was lost to a probe: the next one is initialized first.
  private var probeIsHarmful = false
  /// The verdict will rest on what the service said or did, and not on its silence: one that is
  /// slow to start says nothing either.
  package private(set) var isCertain = true
  /// The second probe, after a refused `initialize`, happens at most once.
  private var hasProbedLast = false

  /// - Parameters:
  ///   - knownEra: the verdict of an earlier run for the same command and preference.
  ///   - preferred: the era in which a service that speaks both is spoken to.
  package init(setting: Setting, knownEra: Era?, preferred: Era = .modern) {
    self.setting = setting
    self.knownEra = knownEra
    guessesLegacy = setting == .auto && knownEra == nil && preferred == .legacy
  }

  /// Whether an answer to `server/discover` is awaited.
  package var isProbing: Bool { stage == .probing }
  /// Whether the probe has its own, shorter limit: only where its failure leads to another try.
  package var hurries: Bool { setting == .auto && !hasProbedLast }
  package var isSettled: Bool { stage == .settled }

  /// A child has just been started.
  package mutating func childStarted() -> Action {
    let isLegacyFirst = knownEra == .legacy || guessesLegacy || probeIsHarmful
    if setting == .legacy || (setting == .auto && isLegacyFirst && !hasProbedLast) {
      stage = .initializing
      return .sendInitialize
    }
    stage = .probing
    return .sendDiscover
  }

  /// `server/discover` was answered; `offersModern`: by a result or a -32022
  /// error that names 2026-07-28.
  package mutating func discoverAnswered(offersModern: Bool) -> Action {
    guard stage == .probing else { return .fail(.refused) }
    if offersModern {
      isCertain = true
      stage = .settled
      return .ready(.newest)
    }
    guard setting == .auto, !hasProbedLast else { return fail(.refused) }
    stage = .initializing
    return .sendInitialize
  }

  /// `initialize` was answered with a revision, or with an error or an unknown revision (`nil`).
  package mutating func initializeAnswered(_ revision: Revision?) -> Action {
    guard stage == .initializing else { return .fail(.refused) }
    if let revision, revision.era == .legacy {
      stage = .settled
      return .ready(revision)
    }
    let wasFirst = probeIsHarmful || knownEra == .legacy || guessesLegacy
    guard setting == .auto, wasFirst, !hasProbedLast else {
      return fail(.refused)
    }
    // It was not probed, or too slow for the probe: it may be modern after all.
    hasProbedLast = true
    stage = .probing
    return .sendDiscover
  }

  /// The time for the present stage is over.
  package mutating func timeElapsed() -> Action {
    isCertain = false
    if let successor = respawnAfterGuess() { return successor }
    guard stage == .probing, setting == .auto, !hasProbedLast else { return fail(.timedOut) }
    return respawn()
  }

  /// The child ended, or closed its stdout.
  package mutating func childEnded() -> Action {
    if let successor = respawnAfterGuess() { return successor }
    guard stage == .probing, setting == .auto, !hasProbedLast else { return fail(.ended) }
    return respawn()
  }

  /// A child that fell to an `initialize` which was only a guess has a successor that is probed.
  private mutating func respawnAfterGuess() -> Action? {
    guard stage == .initializing, guessesLegacy, !hasProbedLast else { return nil }
    hasProbedLast = true
    stage = .unstarted
    return .respawn
  }

  private mutating func respawn() -> Action {
    probeIsHarmful = true
    stage = .unstarted
    return .respawn
  }

  private mutating func fail(_ failure: Failure) -> Action {
    stage = .settled
    return .fail(failure)
  }
}
