import RawJSON
import Testing

@testable import MCP

/// What a client declares, and what services are told of it.
@Suite struct ClientAbilitiesTests {
  private func read(_ text: String) throws -> ClientAbilities {
    let bytes = Array(text.utf8)
    return ClientAbilities(try JSON.validate(bytes.span.bytes), in: bytes.span.bytes)
  }

  @Test(
    arguments: [
      ("{}", []), ("[]", []), ("null", []),
      (#"{"roots":{}}"#, .roots),
      (#"{"roots":{"listChanged":true}}"#, [.roots, .rootsChanges]),
      (#"{"roots":{"listChanged":"true"}}"#, .roots),
      (#"{"roots":null,"sampling":7}"#, []),
      (#"{"sampling":{}}"#, .sampling),
      (#"{"sampling":{"tools":{},"context":{}}}"#, [.sampling, .samplingTools, .samplingContext]),
      (#"{"elicitation":{}}"#, .forms),
      (#"{"elicitation":{"form":{}}}"#, .forms),
      (#"{"elicitation":{"url":{}}}"#, .urls),
      (#"{"elicitation":{"form":{},"url":{}},"later":{}}"#, [.forms, .urls]),
      (#"{"elicit\u0061tion":{"later":{}}}"#, .forms),
    ] as [(String, ClientAbilities)])
  func `an elicitation without a mode means forms, and unknown members mean nothing`(
    text: String, expected: ClientAbilities
  ) throws {
    #expect(try read(text) == expected)
  }

  @Test(arguments: 0..<128)
  func `what a service is told reads as what was declared`(bits: Int) throws {
    var abilities = ClientAbilities(rawValue: UInt8(bits))
    if !abilities.contains(.roots) { abilities.remove(.rootsChanges) }
    if !abilities.contains(.sampling) { abilities.subtract([.samplingTools, .samplingContext]) }
    let legacy = "{" + String(decoding: abilities.members(in: .legacy), as: UTF8.self) + "}"
    #expect(try read(legacy) == abilities)
    let modern = "{" + String(decoding: abilities.members(in: .modern), as: UTF8.self) + "}"
    #expect(try read(modern) == abilities.subtracting(.rootsChanges))
  }

  @Test func `the revisions that know an error code are those that know its feature`() {
    #expect(Feature(.resourceNotFound)?.revisions.contains(.newest) == false)
    #expect(Feature(.urlElicitationRequired)?.revisions == .r2025_11_25 ... .r2025_11_25)
    #expect(Feature(.missingClientCapability)?.revisions == .newest ... .newest)
    #expect(Feature(.invalidParams) == nil)
  }
}
