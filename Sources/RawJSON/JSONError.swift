/// Why a text is not the JSON that we accept, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of fault; a closed list, so that tests and counters can name them.
  package enum Reason: Hashable, Sendable {
    /// The text ends inside a value, or holds no value.
    case unexpectedEnd
    /// A byte that the grammar does not allow at this place.
    case unexpectedByte(UInt8)
    /// `tru`, `nul` and the like.
    case badLiteral
    /// `01`, `1.`, `-`, `1e`.
    case badNumber
    /// A backslash before anything but `"\/bfnrt` or `u` and four hexadecimal digits.
    case badEscape
    /// A byte under 0x20 inside a string (RFC 8259 section 7).
    case controlCharacter
    /// Overlong, surrogate, out of range or cut UTF-8 (RFC 3629).
    case badUTF8
    /// The text starts with U+FEFF (RFC 8259 section 8.1).
    case byteOrderMark
    /// More than `JSON.maximumDepth` arrays and objects are open.
    case tooDeep
    /// An object has more than `JSON.maximumKeys` members.
    case tooManyKeys
    /// Something other than white space follows the value (row B38).
    case extraBytes
    /// 2 GiB or more.
    case tooLong
  }

  package var reason: Reason
  /// Offset of the byte at fault.
  package var offset: Int

  package init(_ reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  package var description: String { "byte \(offset): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .unexpectedEnd: "the JSON text ends too early"
    case .unexpectedByte(let byte): "byte 0x\(String(byte, radix: 16)) does not belong here"
    case .badLiteral: "only true, false and null are literals"
    case .badNumber: "this is not a JSON number"
    case .badEscape: "this is not a JSON escape"
    case .controlCharacter: "control characters in strings must be escaped"
    case .badUTF8: "this is not UTF-8"
    case .byteOrderMark: "JSON starts without a byte order mark"
    case .tooDeep: "more than \(JSON.maximumDepth) levels are nested"
    case .tooManyKeys: "an object has more than \(JSON.maximumKeys) members"
    case .extraBytes: "something follows the JSON value"
    case .tooLong: "the text is 2 GiB or longer"
    }
  }
}
