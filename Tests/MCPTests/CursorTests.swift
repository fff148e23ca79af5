import MCP
import Testing

@Suite struct CursorTests {
  private let cursor = Cursor(generation: 0xDEAD_BEEF_0000_0001, list: 3, page: 70_000)
  private let key = Cursor.Key(1, 2)

  @Test func `a cursor is read back under its key`() {
    let text = cursor.encoded(key: key)
    #expect(text.count == 28)
    #expect(Cursor.decode(text, key: key) == cursor)
    #expect(Cursor.decode(text) == nil)
    #expect(Cursor.decode(cursor.encoded()) == cursor)
  }

  @Test func `C31: a cursor with any character changed, cut or added is refused`() {
    let text = cursor.encoded(key: key)
    for index in text.indices {
      for other in "AZaz09-_+/= ".utf8 where other != text[index] {
        var forged = text
        forged[index] = other
        #expect(Cursor.decode(forged, key: key) == nil)
      }
      #expect(Cursor.decode(Array(text[..<index]), key: key) == nil)
    }
    #expect(Cursor.decode(text + text, key: key) == nil)
    #expect(Cursor.decode([], key: key) == nil)
  }

  @Test func `the checksum gives the numbers of the authors' reference`() {
    let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    #expect(SipHash.hash([], key: key) == 0x726f_db47_dd0e_0e31)
    #expect(SipHash.hash(Array(0..<15), key: key) == 0xa129_ca61_49be_45e5)
  }
}
