import Manifest
import Testing

@Suite struct TemplateTests {
  private func argument(_ text: String, _ environment: [String: String] = [:]) -> String? {
    service("process: {command: x, args: ['\(text)']}", environment).manifest?.process
      .arguments.first
  }

  private func complaint(_ text: String, _ environment: [String: String] = [:]) -> String? {
    complaints("process: {command: x, args: ['\(text)']}", environment).first
  }

  @Test func `values stand where their references were`() {
    let environment = ["A": "1", "B_2": "${env:A}", "EMPTY": ""]
    #expect(argument("${env:A}", environment) == "1")
    #expect(argument("x${env:A}y${env:A}z", environment) == "x1y1z")
    #expect(argument("a ${env:B_2} b", environment) == "a ${env:A} b")
    #expect(argument("${env:NONE:-fall back}", environment) == "fall back")
    #expect(argument("${env:NONE:-}", environment) == "")
    #expect(argument("${env:EMPTY:-full}", environment) == "full")
    #expect(argument("${env:EMPTY}", environment) == "")
    #expect(argument("${env:A:-other}", environment) == "1")
  }

  @Test func `a dollar is itself unless a brace follows, and two escape the brace`() {
    #expect(argument("$A $$ $(ls) $") == "$A $$ $(ls) $")
    #expect(argument("$${env:A}") == "${env:A}")
    #expect(argument("$$${env:A}", ["A": "1"]) == "$${env:A}")
    #expect(argument("{a}") == "{a}")
  }

  @Test(arguments: [
    "${}", "${A}", "${env:}", "${env:1A}", "${env:A B}", "${env:A:+x}", "${env:A:x}", "${ENV:A}",
    "${secret:}", "${secret:../x}", "${secret:a/b}", "${secret:.x}", "${file:x}", "${env:É}",
  ])
  func `what is no reference is refused`(text: String) {
    #expect(complaint(text)?.hasSuffix("write '$${' for a literal '${'") == true)
  }

  @Test func `an open brace is refused`() {
    #expect(
      complaint("a${env:A") == "1:30: 'process.args.1' has '${' without '}'; write '$${' for a "
        + "literal '${'")
  }

  @Test func `references are text where the manifest only describes`() {
    let entry = service("description: costs ${env:X}\nprocess: {command: x}")
    #expect(entry.manifest?.description == "costs ${env:X}")
  }

  @Test func `M08: a variable that is not set switches the service off and is named`() {
    let folder = ConfigurationFolder()
      .manifest("a", "process: {command: x, args: ['${env:MISSING_ONE}']}")
      .manifest("b", "process: {command: x, env: {B: '${env:PRESENT}'}}")
    let configuration = folder.load(["PRESENT": "value"])
    #expect(
      configuration.diagnostics.map(\.message) == [
        "'process.args.1' needs the environment variable MISSING_ONE, which is not set"
      ])
    #expect(configuration.ready.map(\.name) == ["b"])
    #expect(
      configuration.ready.first?.process.environment.first?.value.exposed == "value")
  }

  @Test func `values that cannot be arguments or paths are refused without being shown`() {
    let long = String(repeating: "x", count: 131_001)
    #expect(
      complaint("${env:A}", ["A": long])
        == "1:30: 'process.args.1', with its variables filled in, must not be longer than 131000 "
        + "bytes")
    #expect(
      complaints("process: {command: '${env:A}'}", ["A": ""]) == [
        "1:20: 'process.command', with its variables filled in, must not be empty"
      ])
    #expect(complaints("process: {command: \"a\\0b\"}").first?.contains("NUL") == true)
  }
}
