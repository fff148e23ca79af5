import HTTP
import Loop
import LoopTesting
import RawJSON
import Testing

@testable import Backend

@Suite(.eventLoop) struct MultipartBodyTests {
  @EventLoop
  private func sent(_ body: MultipartBody, room: Int) -> [UInt8] {
    var output: [UInt8] = []
    var memory = [UInt8](repeating: 0, count: room)
    while true {
      let piece = memory.withUnsafeMutableBytes { body.read(into: $0) }
      guard case .bytes(let count) = piece else { return output }
      output += memory.prefix(count)
    }
  }

  @EventLoop
  private func body(_ content: [UInt8], name: String = "a.txt", type: String = "text/plain")
    -> MultipartBody
  {
    let base64 = String(decoding: Redactor.base64(content), as: UTF8.self)
    return MultipartBody([
      .init(name: "parent", content: .text(Array("7".utf8))),
      .init(name: "file", content: .file(JSONText(.string(base64)), name: name, type: type)),
    ])
  }

  @Test(arguments: [3, 4, 17, 1_000])
  @EventLoop func `a file is decoded while it is sent, however small the pieces`(_ room: Int) throws
  {
    for count in [0, 1, 2, 3, 4, 100] {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let body = body(content)
      let boundary = try #require(body.contentType.split(separator: "=").last)
      let text = sent(body, room: room)
      #expect(text.count == body.length)
      let expected =
        Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"parent\"\r\n\r\n7\r\n".utf8)
        + Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; ".utf8)
        + Array("filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n".utf8)
        + content + Array("\r\n--\(boundary)--\r\n".utf8)
      #expect(text == expected)
    }
  }

  @Test
  @EventLoop func `S10: names and types of a part cannot leave its headers`() {
    let body = body([1], name: "a\"\r\nX: y\\.txt", type: "text/plain\r\nX: y")
    let text = String(decoding: sent(body, room: 1_000), as: UTF8.self)
    #expect(text.contains("filename=\"a%22%0D%0AX: y%5C.txt\""))
    #expect(text.contains("Content-Type: application/octet-stream\r\n"))
    #expect(!text.contains("\nX: y"))
  }

  @Test(arguments: ["A", "AB", "AAA=A", "A===", "AA-_", "AA==AA==", "AAAA\\n"])
  @EventLoop func `what is no base64 has no length`(_ text: String) {
    #expect(Base64Text.decodedCount(JSONText(.string(text))) == nil)
  }
}
