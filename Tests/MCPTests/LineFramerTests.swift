import FuzzProperties
import MCP
import Testing

@Suite struct LineFramerTests {
  private typealias Found = FramerProperty.Found

  private func lines(
    _ stream: String, limit: Int = 100, mark: LineFramer.ByteOrderMark = .kept, pieces: Int = 7
  ) -> [FramerProperty.Found] {
    FramerProperty.lines(of: Array(stream.utf8), limit: limit, byteOrderMark: mark) { pieces }
  }

  private func line(_ text: String) -> FramerProperty.Found { .line(Array(text.utf8)) }

  @Test func `C06: blank lines, carriage returns and spaces around a line are not part of it`() {
    #expect(lines("\n\n \r\n\t\n  {\"a\": 1} \r\n{}\n") == [line("{\"a\": 1}"), line("{}")])
  }

  @Test func `B38: a carriage return before the newline is dropped, one inside is kept`() {
    #expect(lines("{}\r\n[\r1]\r\n") == [line("{}"), line("[\r1]")])
  }

  @Test func `C02: a line without its newline is never handed out`() {
    var framer = LineFramer(limit: 100)
    fill(&framer, "{}\n{\"a\":")
    #expect(take(&framer) == line("{}"))
    #expect(take(&framer) == nil)
    #expect(framer.pendingBytes == 5)
  }

  @Test(arguments: [(9, false), (10, false), (11, true)])
  func `C07: a line of limit bytes is the longest`(count: Int, isTooLong: Bool) {
    let text = String(repeating: "x", count: count)
    let expected = isTooLong ? Found.tooLong(prefix: Array(text.utf8.prefix(10))) : line(text)
    for pieces in 1...13 {
      #expect(lines(text + "\nok\n", limit: 10, pieces: pieces) == [expected, line("ok")])
    }
  }

  @Test
  func `C07, B09: 100 MB in one line are refused in bounded memory, and what follows is read`() {
    let limit = 1 << 20
    var framer = LineFramer(limit: limit)
    var refusals = 0
    var most = 0
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
    for _ in 0..<1600 {
      framer.tail(atLeast: piece.count).copyBytes(from: piece)
      framer.commit(piece.count)
      while let found = take(&framer) {
        guard case .tooLong(let prefix) = found else { continue }
        refusals += 1
        #expect(prefix == Array(piece.prefix(LineFramer.prefixLength)))
      }
      most = max(most, framer.heldBytes)
    }
    #expect(refusals == 1)
    #expect(most <= limit + 2 * piece.count)
    #expect(framer.discardedBytes == 1600 * piece.count)
    fill(&framer, "x\n{}\n")
    #expect(take(&framer) == line("{}"))
    #expect(framer.discardedBytes == 0)
  }

  @Test func `C07: an id at the start of a refused line can be read from its prefix`() {
    let head = #"{"jsonrpc":"2.0","id":"the one","result":""#
    let found = lines(head + String(repeating: "x", count: 9000) + "\n", limit: 8192, pieces: 1000)
    guard case .tooLong(let prefix) = found.first else {
      Issue.record("found \(found)")
      return
    }
    #expect(refusal(prefix)?.id == "\"the one\"")
    #expect(refusal(prefix)?.error.shape == .request)
  }

  @Test func `C27: every way to cut a stream in two, and into single bytes, gives the same lines`()
  {
    let stream = Array("{\"é\":\"😀\"}\r\n\n  [1]\ntoo long for the limit\n{\"b\":2}\n".utf8)
    let whole = FramerProperty.lines(of: stream, limit: 18) { stream.count }
    #expect(whole.count == 4)
    #expect(FramerProperty.lines(of: stream, limit: 18) { 1 } == whole)
    for cut in 1..<stream.count {
      var pieces = [cut, stream.count][...]
      let found = FramerProperty.lines(of: stream, limit: 18) { pieces.popFirst() ?? 1 }
      #expect(found == whole, "cut at \(cut)")
    }
  }

  @Test func `B38, C04: a byte order mark is dropped once if so wished, and kept otherwise`() {
    let stream = "\u{FEFF}{}\n\u{FEFF}{}\n"
    #expect(lines(stream, mark: .skipped) == [line("{}"), line("\u{FEFF}{}")])
    #expect(lines(stream, mark: .skipped, pieces: 1) == [line("{}"), line("\u{FEFF}{}")])
    #expect(lines(stream) == [line("\u{FEFF}{}"), line("\u{FEFF}{}")])
    #expect(lines("\u{FEFF}\n{}\n", mark: .skipped) == [line("{}")])
    var framer = LineFramer(limit: 10, byteOrderMark: .skipped)
    fill(&framer, stream)
    let before = framer.skippedByteOrderMark
    _ = take(&framer)
    let after = framer.skippedByteOrderMark
    #expect(!before && after)
  }

  @Test func `memory comes with the first byte, grows with a line and is given back behind it`() {
    var framer = LineFramer(limit: 16 << 20)
    #expect(framer.heldBytes == 0)
    fill(&framer, "{}\n")
    #expect(framer.heldBytes == LineFramer.initialCapacity)
    _ = take(&framer)
    let big = String(repeating: "x", count: 5 << 20)
    fill(&framer, big)
    #expect(take(&framer) == nil)
    fill(&framer, "\n")
    #expect(take(&framer) == line(big))
    #expect(framer.heldBytes >= 5 << 20)
    fill(&framer, "{}\n")
    #expect(framer.heldBytes == LineFramer.initialCapacity)
    framer.trim()
    #expect(framer.heldBytes > 0)
    #expect(take(&framer) == line("{}"))
    framer.trim()
    #expect(framer.heldBytes == 0)
  }

  @Test func `more than the tail cannot be committed`() {
    var framer = LineFramer(limit: 10)
    framer.commit(5)
    #expect(framer.pendingBytes == 0)
    _ = framer.tail(atLeast: 1)
    framer.commit(-1)
    #expect(framer.pendingBytes == 0)
    framer.tail(atLeast: 1).initializeMemory(as: UInt8.self, repeating: 0x20)
    framer.commit(Int.max)
    #expect(framer.pendingBytes == framer.heldBytes)
  }

  @Test func `no seed of the framer fuzz target breaks its property, nor does any limit on it`() {
    let seeds = SharedCorpus.seeds("FuzzLineFramer")
    #expect(seeds.count >= 8)
    for (name, stream) in seeds {
      for limit in UInt8.min...UInt8.max {
        for cuts in 0..<4 as Range<UInt8> {
          let input = [limit, cuts] + stream.dropFirst(2)
          #expect(FramerProperty.violation(of: input) == nil, "\(name) \(limit) \(cuts)")
        }
      }
    }
  }

  private func fill(_ framer: inout LineFramer, _ text: String) {
    let bytes = Array(text.utf8)
    framer.tail(atLeast: bytes.count).copyBytes(from: bytes)
    framer.commit(bytes.count)
  }

  private func take(_ framer: inout LineFramer) -> FramerProperty.Found? {
    switch framer.next() {
    case .line(let bytes): .line(Array(bytes))
    case .tooLong(let prefix): .tooLong(prefix: Array(prefix))
    case nil: nil
    }
  }
}
