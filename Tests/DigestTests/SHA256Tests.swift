import Digest
import Testing

@Suite struct SHA256Tests {
  /// Vectors of FIPS 180-4 and RFC 6234, section 8.5.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(
        repeating: "0123456701234567012345670123456701234567012345670123456701234567", count: 10),
      "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `digests are those of the standard`(text: String, digest: String) {
    #expect(SHA256.hex(text.utf8) == digest)
  }

  @Test func `the message may come in any pieces`() {
    let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for length in 0...message.count {
      var whole = SHA256()
      whole.update(message[..<length])
      for cut in [0, 1, 55, 56, 63, 64, 65, 128] where cut <= length {
        var pieces = SHA256()
        pieces.update(message[..<cut])
        pieces.update(message[cut..<length])
        let expected = whole
        #expect(pieces.finalize() == expected.finalize())
      }
    }
  }
}
