import MCP
import Testing

@testable import Backend

/// B33: the era of a service is found out whatever it does with the question.
@Suite struct HandshakeTests {
  @Test func `a modern answer to the probe settles the era without initialize`() {
    var handshake = Handshake(setting: .auto, knownEra: nil)
    let first = handshake.childStarted()
    let second = handshake.discoverAnswered(offersModern: true)
    #expect(first == .sendDiscover)
    #expect(second == .ready(.r2026_07_28))
    #expect(handshake.isSettled)
  }

  @Test func `B33: any error to the probe leads to initialize on the same pipe`() {
    var handshake = Handshake(setting: .auto, knownEra: nil)
    _ = handshake.childStarted()
    let second = handshake.discoverAnswered(offersModern: false)
    let third = handshake.initializeAnswered(.r2025_06_18)
    #expect(second == .sendInitialize)
    #expect(third == .ready(.r2025_06_18))
  }

  @Test(arguments: [true, false])
  func `B33: a child that dies or stays silent on the probe gets a successor that is not probed`(
    dies: Bool
  ) {
    var handshake = Handshake(setting: .auto, knownEra: nil)
    _ = handshake.childStarted()
    let fallen = dies ? handshake.childEnded() : handshake.timeElapsed()
    let successor = handshake.childStarted()
    let ready = handshake.initializeAnswered(.r2024_11_05)
    #expect(fallen == .respawn)
    #expect(successor == .sendInitialize)
    #expect(ready == .ready(.r2024_11_05))
    // Who says nothing may only have been slow.
    #expect(handshake.isCertain == dies)
  }

  @Test func `a modern service that was too slow for the probe is asked once more`() {
    var handshake = Handshake(setting: .auto, knownEra: nil)
    _ = handshake.childStarted()
    _ = handshake.timeElapsed()
    _ = handshake.childStarted()
    let refused = handshake.initializeAnswered(nil)
    let late = handshake.discoverAnswered(offersModern: true)
    #expect(refused == .sendDiscover)
    #expect(late == .ready(.r2026_07_28))
    #expect(handshake.isCertain)
  }

  @Test func `the second probe is the last one`() {
    var handshake = Handshake(setting: .auto, knownEra: .legacy)
    _ = handshake.childStarted()
    _ = handshake.initializeAnswered(nil)
    let silence = handshake.timeElapsed()
    #expect(silence == .fail(.timedOut))
  }

  @Test func `only a probe whose silence leads to another try has the shorter limit`() {
    var auto = Handshake(setting: .auto, knownEra: nil)
    var pinned = Handshake(setting: .modern, knownEra: nil)
    _ = (auto.childStarted(), pinned.childStarted())
    #expect(auto.hurries)
    #expect(!pinned.hurries)
    _ = (auto.timeElapsed(), auto.childStarted(), auto.initializeAnswered(nil))
    #expect(!auto.hurries)
  }

  @Test func `a remembered verdict saves the probe`() {
    var handshake = Handshake(setting: .auto, knownEra: .legacy)
    let first = handshake.childStarted()
    #expect(first == .sendInitialize)
  }

  @Test func `a manifest that names the era is obeyed`() {
    var legacy = Handshake(setting: .legacy, knownEra: .modern)
    var modern = Handshake(setting: .modern, knownEra: .legacy)
    let toLegacy = legacy.childStarted()
    let toModern = modern.childStarted()
    let refused = modern.discoverAnswered(offersModern: false)
    #expect(toLegacy == .sendInitialize)
    #expect(toModern == .sendDiscover)
    #expect(refused == .fail(.refused))
  }

  @Test func `initialize is never agreed on the modern revision`() {
    var handshake = Handshake(setting: .legacy, knownEra: nil)
    _ = handshake.childStarted()
    let answer = handshake.initializeAnswered(.r2026_07_28)
    #expect(answer == .fail(.refused))
  }
}
