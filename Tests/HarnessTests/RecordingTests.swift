import Glibc
import Harness
import TestSupport
import Testing

private let backend = Sibling.path(of: "switchyard-fake-backend")

/// A recording of a client that asks three things, one of them noisy.
private func recording(answer: String) throws -> Recording {
  let lines = [
    #"{"recording":1,"command":["\#(backend)"]}"#,
    #"{"ms":1,"from":"client","message":{"jsonrpc":"2.0","id":1,"method":"initialize","#
      + #""params":{"protocolVersion":"2025-11-25"}}}"#,
    #"{"ms":2,"from":"server","message":{"jsonrpc":"2.0","id":1,"result":{"#
      + #""protocolVersion":"2025-11-25","serverInfo":{"name":"fake","version":"1.0.0"},"#
      + #""capabilities":{"tools":{"listChanged":true}}}}}"#,
    #"{"ms":3,"from":"client","text":"not JSON"}"#,
    #"{"ms":3,"from":"client","message":{"jsonrpc":"2.0","id":2,"method":"tools/call","#
      + #""params":{"name":"pid"}}}"#,
    #"{"ms":4,"from":"server","message":{"jsonrpc":"2.0","id":2,"result":\#(answer)}}"#,
  ]
  return try Recording(parsing: Array(lines.joined(separator: "\n").utf8))
}

@Suite struct RecordingTests {
  @Test func `a recording is read as it was written`() throws {
    let first = try recording(answer: #"{"n":1.0}"#)
    let second = try Recording(parsing: first.bytes)
    #expect(second.bytes == first.bytes)
    #expect(String(decoding: first.bytes, as: UTF8.self).contains(#""n":1.0"#))
    #expect(first.lines.count == 5)
  }

  @Test(arguments: [
    ("", 1), (#"{"recording":2}"#, 1), ("{\"recording\":1}\nx", 2),
    ("{\"recording\":1}\n{\"ms\":1,\"from\":\"nobody\",\"text\":\"\"}", 2),
  ])
  func `a file that is no recording is refused with its line`(text: String, line: Int) {
    #expect { try Recording(parsing: Array(text.utf8)) } throws: {
      ($0 as? RecordingError)?.line == line
    }
  }

  @Test func `a replay finds the answer that differs`() throws {
    let recording = try recording(answer: #"{"content":[],"structuredContent":{"calls":1}}"#)
    let outcomes = try Replayer.play(recording, ReplayOptions(file: "r.jsonl", command: []))
    #expect(outcomes.map(\.name) == ["initialize 1", "tools/call 2", "wire"])
    #expect(outcomes.map(\.passed) == [true, false, true])
    #expect(outcomes[1].failure?.mismatch?.pointer == "/result/content/0")
  }

  @Test func `a replay ignores what it is told to ignore`() throws {
    let recording = try recording(
      answer: #"{"content":[{"type":"text"}],"structuredContent":{"calls":1}}"#)
    let options = ReplayOptions(
      file: "r.jsonl", command: [backend],
      ignoredPointers: ["/result/structuredContent/pid", "/result/content/*/text"])
    #expect(try Replayer.play(recording, options).flatMap(\.complaints) == [])
  }

  @Test func `a server that does not answer fails the replay`() throws {
    let recording = try recording(answer: "{}")
    let options = ReplayOptions(
      file: "r.jsonl", command: [backend, "hang"], timeout: .milliseconds(100))
    let outcomes = try Replayer.play(recording, options)
    #expect(outcomes[1].failure?.message == "no answer to 2 within 0.1 seconds")
  }

  @Test func `a recorder passes bytes on as they are and writes both sides down`() throws {
    let folder = try TemporaryFolder()
    let lines = [
      #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "not JSON",
      #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","#
        + #""arguments":{ "n" : 1.50 }}}"#,
    ]
    let input = open(try folder.write(lines.joined(separator: "\n") + "\n", to: "in"), O_RDONLY)
    let output = open(folder.path + "/out", O_WRONLY | O_CREAT, 0o600)
    let options = RecordOptions(file: folder.path + "/kept", command: [backend])
    #expect(Recorder.run(options, input: input, output: output) == 0)
    close(input)
    close(output)
    let answers = folder.read("out").split(separator: "\n")
    #expect(answers.count == 3)
    #expect(answers.last?.contains(#""structuredContent":{ "n" : 1.50 }"#) == true)
    let recording = try Recording(parsing: Array(folder.read("kept").utf8))
    #expect(recording.command == [backend])
    let sides = recording.lines.map(\.side)
    #expect(sides.count { $0 == .client } == 3)
    #expect(sides.count { $0 == .server } == 3)
    // What was recorded can be replayed.
    let outcomes = try Replayer.play(
      recording, ReplayOptions(file: "kept", command: [backend], timeout: .seconds(5)))
    #expect(outcomes.flatMap(\.complaints) == [])
  }
}
