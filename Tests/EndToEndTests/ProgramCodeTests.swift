import Harness
import Testing

@Suite struct ProgramCodeTests {
  @Test func `the code of the start does not stay resident, and calls go on`() throws {
    let run = try GatewayRun.open([Service("a")])
    try run.expectOK("a_echo")
    let gateway = run.client.process.processID
    let isLess = run.wait {
      ProcessFigures.memory(gateway) * 10 < ProcessFigures.peakMemory(gateway) * 8
    }
    #expect(isLess)
    try run.expectOK("a_echo")
    try run.finish()
  }
}
