import Resilience
import Testing

@testable import Endurance

/// The services of a run do what services of their kind do. With the tests of chaos, because a fleet
/// takes the machine.
extension ChaosTests {
  /// A call that was sent just before the last reload of a run had its answer on the stream of the
  /// next session, where nobody waited for it: it ended at its deadline of a minute.
  @Test func `a server of HTTP+SSE answers each session on its own stream`() throws {
    let fleet = Fleet(alone: 7)
    let member = try #require(fleet.members.first { $0.kind == .sse })
    let gateway = try GatewayUnderLoad(fleet: fleet, isModern: false)
    try #require(gateway.open(isModern: false))
    gateway.client.call(.slow, of: member.group, size: 0, milliseconds: 2_000)
    gateway.rest(.milliseconds(100))
    gateway.write(member, .process)
    // The next session is there before the answer of the first.
    let isReloaded = gateway.wait(.seconds(20)) {
      gateway.client.log.contains("config.reloaded")
    }
    #expect(isReloaded)
    gateway.client.call(.echo, of: member.group, size: 10)
    let allAnswered = gateway.wait(.seconds(20)) { gateway.client.inFlight == 0 }
    #expect(allAnswered)
    let complaints = gateway.finish() + gateway.client.complaints
    #expect(complaints == [])
    for call in gateway.client.calls {
      let answer = try #require(call.answers.first)
      guard case .result(isError: false) = answer.kind else {
        Issue.record("\(call.tool) of \(call.group): \(answer.kind)")
        continue
      }
      #expect(answer.isRight)
    }
  }
}
