import MCP
import Testing

@testable import Backend

/// B33: a service that speaks both eras is spoken to in the one that is preferred.
@Suite struct PreferredEraTests {
  @Test func `for legacy requests initialize comes first, and no probe at all`() {
    var handshake = Handshake(setting: .auto, knownEra: nil, preferred: .legacy)
    let first = handshake.childStarted()
    let second = handshake.initializeAnswered(.r2025_03_26)
    #expect(first == .sendInitialize)
    #expect(second == .ready(.r2025_03_26))
  }

  @Test func `a modern service that refuses initialize is asked in its own era`() {
    var handshake = Handshake(setting: .auto, knownEra: nil, preferred: .legacy)
    _ = handshake.childStarted()
    let refused = handshake.initializeAnswered(nil)
    let ready = handshake.discoverAnswered(offersModern: true)
    #expect(refused == .sendDiscover)
    #expect(ready == .ready(.newest))
  }

  @Test(arguments: [true, false])
  func `a service that dies of initialize or ignores it has a successor that is probed, once`(
    dies: Bool
  ) {
    var handshake = Handshake(setting: .auto, knownEra: nil, preferred: .legacy)
    _ = handshake.childStarted()
    let fallen = dies ? handshake.childEnded() : handshake.timeElapsed()
    let successor = handshake.childStarted()
    #expect(fallen == .respawn)
    #expect(successor == .sendDiscover)
    var other = handshake
    let ready = handshake.discoverAnswered(offersModern: true)
    #expect(ready == .ready(.newest))
    let failed = dies ? other.childEnded() : other.timeElapsed()
    #expect(failed == .fail(dies ? .ended : .timedOut))
  }

  @Test func `a verdict of an earlier run counts more than the preference`() {
    var modern = Handshake(setting: .auto, knownEra: .modern, preferred: .legacy)
    let asModern = modern.childStarted()
    #expect(asModern == .sendDiscover)
    var legacy = Handshake(setting: .auto, knownEra: .legacy, preferred: .legacy)
    _ = legacy.childStarted()
    let ended = legacy.childEnded()
    #expect(ended == .fail(.ended))
    var set = Handshake(setting: .modern, knownEra: nil, preferred: .legacy)
    let asSet = set.childStarted()
    #expect(asSet == .sendDiscover)
  }
}
