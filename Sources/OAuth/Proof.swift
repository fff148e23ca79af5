import Digest

/// The proof that whoever brings a code is who has asked for it (PKCE, RFC 7636, S256 only).
package struct Proof: Hashable, Sendable {
  /// Kept until the code is brought.
  package let verifier: String
  /// Goes with the request.
  package let challenge: String

  /// - Parameter random: 32 bytes that nobody can guess.
  package init(random: [UInt8]) { self.init(verifier: Base64URL.text(random)) }

  init(verifier: String) {
    self.verifier = verifier
    var digest = SHA256()
    digest.update(verifier.utf8)
    challenge = Base64URL.text(digest.finalize())
  }
}

/// Base64 for URLs without padding (RFC 4648 section 5).
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | Int(byte)
      count += 8
      while count >= 6 {
        count -= 6
        output.append(alphabet[bits >> count & 0x3F])
      }
      bits &= (1 << count) - 1
    }
    if count > 0 { output.append(alphabet[bits << (6 - count) & 0x3F]) }
    return String(decoding: output, as: UTF8.self)
  }
}
