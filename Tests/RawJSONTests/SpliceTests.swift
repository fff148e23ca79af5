import RawJSON
import TestSupport
import Testing

@Suite struct SpliceTests {
  private func applied(_ edits: [Edit], to text: String) -> String {
    with(text) { String(decoding: Splice(edits).applied(to: $0), as: UTF8.self) }
  }

  private func edit(_ start: Int, _ end: Int, _ text: String) -> Edit {
    Edit(range: ByteRange(start: start, end: end), replacement: Array(text.utf8))
  }

  @Test func `edits apply in the order of their places`() {
    #expect(applied([edit(4, 5, "X"), edit(0, 2, "")], to: "abcdef") == "cdXf")
    #expect(applied([], to: "abc") == "abc")
    #expect(applied([edit(0, 3, "z")], to: "abc") == "z")
  }

  @Test func `insertions at one place keep the order of the calls, before what is replaced there`()
  {
    let edits = [edit(2, 3, "C"), edit(2, 2, "1"), edit(2, 2, "2"), edit(6, 6, "!")]
    #expect(applied(edits, to: "abcdef") == "ab12Cdef!")
  }

  @Test func `an absent range is left alone and an overlap is ignored`() {
    var splice = Splice()
    splice.replace(.absent, with: Array("no".utf8))
    splice.replace(ByteRange(start: 1, end: 3), with: 42)
    splice.replace(ByteRange(start: 2, end: 4), with: Array("no".utf8))
    #expect(splice.editCount == 1)
    with("abcd") { #expect(splice.applied(to: $0) == Array("a42d".utf8)) }
    splice.removeAll()
    with("abcd") { #expect(splice.applied(to: $0) == Array("abcd".utf8)) }
  }

  @Test func `a part of the text is given with the edits that lie in it, at its ends too`() {
    let splice = Splice([
      edit(0, 1, "no"), edit(2, 2, "<"), edit(3, 4, "X"), edit(6, 6, ">"), edit(7, 8, "no"),
    ])
    with("abcdefgh") {
      #expect(splice.applied(to: $0, within: ByteRange(start: 2, end: 6)) == Array("<cXef>".utf8))
      #expect(splice.applied(to: $0, within: ByteRange(start: 4, end: 5)) == Array("e".utf8))
      #expect(splice.applied(to: $0, within: ByteRange(start: 4, end: 9)) == [])
    }
    let whole = Splice([edit(1, 3, "12345")])
    with("abcd") {
      #expect(whole.applied(to: $0, within: ByteRange(start: 1, end: 3)) == Array("12345".utf8))
    }
  }

  @Test func `a splice that is used again makes the same of the same edits, in any order`() {
    var splice = Splice()
    for count in [5, 2, 9, 1, 0, 7] {
      splice.removeAll()
      for place in (0..<count).reversed() {
        splice.replace(ByteRange(start: place * 2, end: place * 2 + 1), with: [0x2A])
      }
      let text = String((0..<10).flatMap { _ in "ab" })
      let expected = String((0..<10).flatMap { $0 < count ? "*b" : "ab" })
      #expect(splice.editCount == count && splice.resultCount(of: text.utf8.count) == 20)
      with(text) { #expect(splice.applied(to: $0) == Array(expected.utf8)) }
    }
  }

  @Test func `an edit beyond the end of the text is left out`() {
    #expect(applied([edit(2, 9, "x")], to: "abc") == "abc")
  }

  @Test func `slices are those of the result, never empty and at most two for an edit and one`() {
    var splice = Splice()
    splice.replace(ByteRange(start: 0, end: 1), with: 7)
    splice.replace(ByteRange(start: 3, end: 4), with: [])
    splice.insert(Array("+".utf8), at: 6)
    let text = Array("abcdef".utf8)
    var slices: [String] = []
    text.withUnsafeBytes { source in
      splice.forEachSlice(of: source) { slices.append(String(decoding: $0, as: UTF8.self)) }
    }
    #expect(slices == ["7", "bc", "ef", "+"])
    #expect(splice.resultCount(of: text.count) == 6)
    #expect(slices.count <= 2 * splice.editCount + 1)
  }

  @Test(arguments: [0, 1, 5, 6, 7, 40])
  func `the edited text is written to memory as far as that goes, and no further`(room: Int) {
    var splice = Splice([edit(0, 1, "7"), edit(3, 4, ""), edit(6, 6, "+")])
    let text = Array("abcdef".utf8)
    var memory = [UInt8](repeating: UInt8(ascii: "-"), count: 48)
    let count = text.withUnsafeBytes { source in
      memory.withUnsafeMutableBytes { output in
        splice.write(source, to: UnsafeMutableRawBufferPointer(rebasing: output[..<room]))
      }
    }
    #expect(count == min(room, 6))
    let rest = String(repeating: "-", count: 48 - count)
    #expect(String(decoding: memory, as: UTF8.self) == "7bcef+".prefix(count) + rest)
    #expect(splice.editCount == 3 && applied([edit(0, 1, "7")], to: "abc") == "7bc")
  }

  @Test func `I10: every byte outside the edits stays as it was`() throws {
    var random = SplitMix(seed: 20_261_121)
    for _ in 0..<500 {
      let text = RandomJSON.text(using: &random)
      let whole = try JSON.validate(text.span.bytes)
      var values: [ByteRange] = []
      RandomJSON.leaves(whole, of: text, into: &values)
      let chosen = values.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
      let splice = Splice(
        chosen.map { Edit(range: $0, replacement: RandomJSON.text(using: &random)) })
      let result = splice.applied(to: text.span.bytes)
      #expect(result.count == splice.resultCount(of: text.count))
      #expect(fault(result) == nil)
      #expect(expectation(text, chosen, splice) == result)
      #expect(written(text, splice) == result)
    }
  }

  private func written(_ text: [UInt8], _ splice: Splice) -> [UInt8] {
    var splice = splice
    return [UInt8](unsafeUninitializedCapacity: splice.resultCount(of: text.count)) { room, count in
      count = text.withUnsafeBytes { splice.write($0, to: UnsafeMutableRawBufferPointer(room)) }
    }
  }

  /// Puts the result together from the untouched bytes and what lies between them.
  private func expectation(_ text: [UInt8], _ edits: [ByteRange], _ splice: Splice) -> [UInt8] {
    var slices: [[UInt8]] = []
    text.withUnsafeBytes { source in
      splice.forEachSlice(of: source) { slices.append(Array($0)) }
    }
    var rest = slices[...]
    var position = 0
    var output: [UInt8] = []
    for range in edits.sorted(by: { $0.start < $1.start }) {
      if range.start > position {
        #expect(rest.popFirst() == Array(text[position..<range.start]))
        output += text[position..<range.start]
      }
      output += rest.popFirst() ?? []
      position = range.end
    }
    if position < text.count { #expect(rest.popFirst() == Array(text[position...])) }
    return output + text[position...]
  }
}

@Suite struct RebuildTests {
  private func rebuilt(_ text: String, adding: String = "") -> String {
    with(text) { span in
      let all = ByteRange(start: 0, end: span.byteCount)
      let output = JSON.rebuildObject(
        all, in: span, dropping: { JSON.equals($0, "a", in: span) }, adding: Array(adding.utf8))
      return String(decoding: output, as: UTF8.self)
    }
  }

  @Test(arguments: [
    (#"{"a":1,"b" : 1.0}"#, "", #"{"b" : 1.0}"#), (#"{"a":1}"#, "", "{}"), ("{}", "", "{}"),
    (#"{"\u0061":1,"c":[1, 2]}"#, #""x":2"#, #"{"c":[1, 2],"x":2}"#),
    (#"{"a":1}"#, #""x":2"#, #"{"x":2}"#),
    ("3", #""x":2"#, #"{"x":2}"#),
  ])
  func `members are dropped and added, the others stay as written`(
    text: String, adding: String, result: String
  ) {
    #expect(rebuilt(text, adding: adding) == result)
  }
}
