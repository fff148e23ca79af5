import MCP
import Testing

@testable import Backend

/// How it is found out what a remote server speaks.
@Suite struct RemoteHandshakeTests {
  @Test func `a modern server is known by its answer to discover`() {
    var handshake = RemoteHandshake(setting: .auto, knownEra: nil)
    let first = handshake.begin()
    let second = handshake.discoverAnswered(offersModern: true)
    #expect(first == .sendDiscover)
    #expect(second == .ready(.newest))
    #expect(handshake.isSettled)
  }

  @Test func `a server that refuses discover gets initialize`() {
    var handshake = RemoteHandshake(setting: .auto, knownEra: nil)
    _ = handshake.begin()
    let second = handshake.discoverAnswered(offersModern: false)
    let third = handshake.initializeAnswered(.r2025_06_18, status: 200)
    #expect(second == .sendInitialize)
    #expect(third == .ready(.r2025_06_18))
  }

  @Test(arguments: [400, 404, 405])
  func `a server that refuses both with a status of old is asked for its stream`(status: Int) {
    for isLegacyFirst in [true, false] {
      var handshake = RemoteHandshake(
        setting: .auto, knownEra: nil, preferred: isLegacyFirst ? .legacy : .modern)
      _ = handshake.begin()
      var last: RemoteHandshake.Action
      if isLegacyFirst {
        _ = handshake.initializeAnswered(nil, status: status)
        last = handshake.discoverAnswered(offersModern: false)
      } else {
        _ = handshake.discoverAnswered(offersModern: false)
        last = handshake.initializeAnswered(nil, status: status)
      }
      #expect(last == .openStream)
      last = handshake.endpointFound()
      #expect(last == .sendInitialize)
      #expect(handshake.usesStream)
      last = handshake.initializeAnswered(.r2024_11_05, status: 200)
      #expect(last == .ready(.r2024_11_05))
    }
  }

  @Test func `an error in a 200 is no reason to ask for a stream`() {
    var handshake = RemoteHandshake(setting: .auto, knownEra: nil)
    _ = handshake.begin()
    _ = handshake.discoverAnswered(offersModern: false)
    let last = handshake.initializeAnswered(nil, status: 200)
    #expect(last == .refuse)
  }

  @Test(arguments: [
    (RemoteHandshake.Setting.legacy, RemoteHandshake.Action.sendInitialize),
    (.modern, .sendDiscover), (.sse, .openStream),
  ])
  func `the manifest decides what is asked`(
    setting: RemoteHandshake.Setting, action: RemoteHandshake.Action
  ) {
    var handshake = RemoteHandshake(setting: setting, knownEra: .modern)
    let first = handshake.begin()
    #expect(first == action)
    guard setting == .modern else { return }
    let refused = handshake.discoverAnswered(offersModern: false)
    #expect(refused == .refuse)
  }

  @Test func `what is known goes before what is preferred`() {
    var handshake = RemoteHandshake(setting: .auto, knownEra: .modern, preferred: .legacy)
    let first = handshake.begin()
    #expect(first == .sendDiscover)
  }

  @Test func `H08: a lost session is opened with initialize and nothing else`() {
    var handshake = RemoteHandshake(setting: .auto, knownEra: nil, preferred: .legacy)
    _ = handshake.begin()
    _ = handshake.initializeAnswered(.newestLegacy, status: 200)
    let again = handshake.renew()
    let ready = handshake.initializeAnswered(.newestLegacy, status: 200)
    #expect(again == .sendInitialize)
    #expect(ready == .ready(.newestLegacy))
  }

  @Test func `statuses of trouble and of credentials are no verdict`() {
    for status in [301, 307, 401, 403, 407, 408, 429, 500, 502, 503] {
      #expect(!RemoteBackend.isVerdict(status), "\(status)")
    }
    for status in [400, 404, 405, 406, 415] {
      #expect(RemoteBackend.isVerdict(status), "\(status)")
    }
  }
}
