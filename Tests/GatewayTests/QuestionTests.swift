import MCP
import RawJSON
import Testing

@testable import Gateway

/// S16: what a question needs, and how it reads in each revision.
@Suite struct QuestionTests {
  private func question(_ method: Method, _ params: String) throws -> Question? {
    let bytes = Array(params.utf8)
    let range = params.isEmpty ? ByteRange.absent : try JSON.validate(bytes.span.bytes)
    return Question(method, params: range, in: bytes.span.bytes)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(
    arguments: [
      (.rootsList, "", .roots),
      (.samplingCreateMessage, #"{"messages":[]}"#, .sampling),
      (.samplingCreateMessage, #"{"tools":[]}"#, [.sampling, .samplingTools]),
      (.samplingCreateMessage, #"{"toolChoice":{}}"#, [.sampling, .samplingTools]),
      (.elicitationCreate, #"{"message":"m"}"#, .forms),
      (.elicitationCreate, #"{"mode":"form"}"#, .forms),
      (.elicitationCreate, #"{"mode":"u\u0072l"}"#, .urls),
    ] as [(Method, String, ClientAbilities)])
  func `a question needs what its kind and parts need`(
    method: Method, params: String, needs: ClientAbilities
  ) throws {
    #expect(try question(method, params)?.needs == needs)
  }

  @Test func `other requests and modes are no questions`() throws {
    #expect(try question(.toolsCall, "{}") == nil)
    #expect(try question(.unknown, "{}") == nil)
    #expect(try question(.elicitationCreate, #"{"mode":"smell"}"#) == nil)
    #expect(try question(.elicitationCreate, #"{"mode":1}"#) == nil)
  }

  @Test func `a missing feature does not exist, a missing part makes the parameters wrong`() throws
  {
    let url = try question(.elicitationCreate, #"{"mode":"url"}"#)
    #expect(url?.refusal(by: [])?.code == .methodNotFound)
    #expect(url?.refusal(by: .forms)?.code == .invalidParams)
    #expect(url?.refusal(by: .urls) == nil)
    let tools = try question(.samplingCreateMessage, #"{"tools":[]}"#)
    #expect(tools?.refusal(by: .roots)?.code == .methodNotFound)
    #expect(tools?.refusal(by: .sampling)?.code == .invalidParams)
    #expect(tools?.refusal(by: [.sampling, .samplingTools]) == nil)
  }

  @Test func `what no revision changes stays byte for byte`() throws {
    let params = #"{ "messages" : [1.0, 1e2], "\u006daxTokens":5 }"#
    let asked = try question(.samplingCreateMessage, params)
    for revision in Revision.allCases {
      #expect(asked.map { text($0.params(for: revision, number: 7)) } == params)
    }
  }

  @Test func `modes, ids of elicitations and tasks are left out where nobody knows them`() throws {
    let asked = try #require(
      try question(
        .elicitationCreate,
        #"{"mode":"url","message":"m","url":"u","elicitationId":"e","task":{"ttl":1}}"#))
    #expect(
      text(asked.params(for: .newest, number: nil)) == #"{"mode":"url","message":"m","url":"u"}"#)
    #expect(
      text(asked.params(for: .r2025_11_25, number: 1))
        == #"{"mode":"url","message":"m","url":"u","elicitationId":"e"}"#)
    #expect(text(asked.params(for: .r2025_06_18, number: 1)) == #"{"message":"m","url":"u"}"#)
  }

  @Test func `the token of a service becomes ours, or goes where there is no progress`() throws {
    let asked = try #require(
      try question(.rootsList, #"{"_meta":{"v/k":1,"progressToken":"t"}}"#))
    #expect(text(asked.progressToken) == #""t""#)
    #expect(
      text(asked.params(for: .r2025_11_25, number: 9)) == #"{"_meta":{"v/k":1,"progressToken":9}}"#)
    #expect(text(asked.inputRequest) == #"{"method":"roots/list","params":{"_meta":{"v/k":1}}}"#)
  }

  @Test func `a service that gets no answer hears that its user cancelled, or an error`() throws {
    let form = try question(.elicitationCreate, "{}")
    #expect(form.map { text($0.withdrawal(because: "w")) } == #""result":{"action":"cancel"}"#)
    let roots = try question(.rootsList, "")
    #expect(
      roots.map { text($0.withdrawal(because: "w")) } == #""error":{"code":-31003,"message":"w"}"#)
  }
}
