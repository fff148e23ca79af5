import FuzzProperties
import HTTP
import TestSupport
import Testing

/// The parser of event streams, by the standard's own words and examples.
@Suite struct EventStreamTests {
  private func read(
    _ stream: String, limit: Int = 1000, pieces: Int = 5
  ) -> EventStreamProperty.Reading {
    EventStreamProperty.reading(of: Array(stream.utf8), limit: limit) { pieces }
  }

  private func event(_ data: String, type: String = "") -> EventStreamParser.Found {
    .event(ServerSentEvent(type: Array(type.utf8), data: Array(data.utf8)))
  }

  @Test(arguments: 1...9)
  func `H17: lines end with CR, LF or CRLF, wherever the stream is cut`(pieces: Int) {
    let stream = "data: a\r\ndata:b\rdata\n\r\nevent: x\ndata:c\r\rdata: d\n\n"
    #expect(
      read(stream, pieces: pieces).found == [event("a\nb\n"), event("c", type: "x"), event("d")])
  }

  @Test func `H17: one space behind the colon is no part of the value`() {
    let stream = "data:a\n\ndata: b\n\ndata:  c\n\n"
    #expect(read(stream).found == [event("a"), event("b"), event(" c")])
  }

  @Test func `H17: an event without data is none, one with empty data is`() {
    let reading = read("event: x\nid: 7\n\ndata\n\n")
    #expect(reading.found == [event("")])
    // It has set the id all the same, which holds until another one comes.
    #expect(reading.lastEventID == Array("7".utf8))
  }

  @Test func `H17: a byte order mark is skipped at the start and nowhere else`() {
    #expect(read("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n").found == [event("a")])
  }

  @Test func `H17: an id with NUL is ignored, an empty one takes the id away`() {
    #expect(read("id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\n").lastEventID == Array("1".utf8))
    #expect(read("id: 1\ndata: a\n\nid\ndata: b\n\n").lastEventID == [])
    // Only the end of an event makes its id the last one.
    #expect(read("id: 1\ndata: a\n\nid: 2\ndata: b\n").lastEventID == Array("1".utf8))
  }

  @Test func `H17: retry takes digits only and has an end`() {
    #expect(read("retry: 40\n").retry == .milliseconds(40))
    #expect(read("retry: 1000000000000\n").retry == .seconds(86_400))
    #expect(read("retry: 4x\nretry:\nretry: -1\nretry: 1.5\n").retry == nil)
  }

  @Test func `H17: comments and unknown fields say nothing`() {
    #expect(read(": data: a\n\ndatas: b\n data: c\nDATA: d\ndata : e\n\n").found == [])
  }

  @Test func `H17: an event that has not ended is never handed out`() {
    #expect(read("data: a\n\ndata: b\n").found == [event("a")])
    #expect(read("data: a\n\ndata: b").found == [event("a")])
  }

  @Test(arguments: [(9, false), (10, false), (11, true)])
  func `H17: the data of an event has a limit`(count: Int, isTooLong: Bool) {
    let text = String(repeating: "x", count: count)
    let expected: EventStreamParser.Found =
      isTooLong ? .tooLong(prefix: Array(text.utf8.prefix(10))) : event(text)
    for pieces in 1...13 {
      let stream = "data: \(text)\n\ndata: ok\n\n"
      #expect(read(stream, limit: 10, pieces: pieces).found == [expected, event("ok")])
    }
  }

  @Test func `H17: 100 MB in one event are refused once, and what follows is read`() {
    var parser = EventStreamParser(limit: 1 << 20)
    var found: [EventStreamParser.Found] = []
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    func feed(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { parser.feed($0) { found.append($0) } }
    }
    feed(Array("data: ".utf8))
    for _ in 0..<100 { feed(piece) }
    feed(Array("\n\ndata: ok\n\n".utf8))
    let prefix = Array(piece.prefix(EventStreamParser.prefixLength))
    #expect(found == [.tooLong(prefix: prefix), event("ok")])
  }

  @Test func `H17: 100 MB of comments leave nothing behind`() {
    var parser = EventStreamParser(limit: 100)
    let piece = Array((":" + String(repeating: "x", count: 1 << 20)).utf8)
    for _ in 0..<100 { piece.withUnsafeBytes { parser.feed($0) { _ in } } }
    #expect(MemoryLayout.size(ofValue: parser) < 200)
    Array("\ndata: ok\n\n".utf8).withUnsafeBytes { bytes in
      parser.feed(bytes) { #expect($0 == event("ok")) }
    }
  }

  @Test func `no seed of the fuzz target breaks its property`() {
    let seeds = SharedCorpus.seeds("FuzzEventStream")
    #expect(seeds.count >= 10)
    for (name, text) in seeds {
      #expect(EventStreamProperty.violation(of: text) == nil, "\(name)")
    }
  }

  @Test func `H17: a random stream reads the same as a plain reading, at every cut into two`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(seed: seed)
    for _ in 0..<400 {
      let stream = EventStreamTests.stream(using: &random)
      let limit = Int.random(in: 1...40, using: &random)
      let expected = EventStreamProperty.plainReading(of: stream, limit: limit)
      for cut in 0...stream.count {
        var pieces = [cut, stream.count - cut]
        let read = EventStreamProperty.reading(of: stream, limit: limit) {
          pieces.isEmpty ? stream.count : pieces.removeFirst()
        }
        #expect(read == expected, "seed \(seed), cut at \(cut): \(stream)")
        if read != expected { return }
      }
    }
  }

  private static func stream(using random: inout SplitMix) -> [UInt8] {
    let words: [String] = [
      "data", "data:", "data: ", "id", "id: ", "event: ", "retry: ", ":", " ", "\n", "\n", "\r",
      "\r\n", "\n\n", "12", "\u{0}", "\u{FEFF}", "xyz", "datax", "10000000000000000000000",
    ]
    var stream: [UInt8] = []
    for _ in 0..<Int.random(in: 1...25, using: &random) {
      stream += (words.randomElement(using: &random) ?? "").utf8
    }
    return stream
  }
}
