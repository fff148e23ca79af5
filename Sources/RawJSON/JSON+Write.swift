extension JSON {
  /// Appends `utf8` as a JSON string: quotes around it, escapes where RFC 8259 wants them, U+FFFD
  /// for what is not UTF-8.
  package static func appendQuoted(_ utf8: some Sequence<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    let wasContiguous: Void? = utf8.withContiguousStorageIfAvailable {
      unsafe appendEscaped($0.span.bytes, to: &output)
    }
    if wasContiguous == nil { unsafe appendEscaped(Array(utf8).span.bytes, to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  /// Appends a number in decimal, without making a `String`.
  package static func append(_ number: UInt64, to output: inout [UInt8]) {
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = number
      var start = digits.count
      repeat {
        start &-= 1
        unsafe digits[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      unsafe output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// Appends a number in decimal, without making a `String`.
  package static func append(_ number: Int64, to output: inout [UInt8]) {
    if number < 0 { output.append(UInt8(ascii: "-")) }
    append(number.magnitude, to: &output)
  }

  /// Appends the bytes of a text as they are.
  package static func append(_ text: StaticString, to output: inout [UInt8]) {
    text.withUTF8Buffer { unsafe output.append(contentsOf: $0) }
  }

  private static func appendEscaped(_ bytes: RawSpan, to output: inout [UInt8]) {
    output.reserveCapacity(output.count + bytes.byteCount + 2)
    var offset = 0
    while offset < bytes.byteCount {
      let byte = bytes.byte(at: offset)
      if byte >= 0x80 {
        offset += appendCharacter(of: bytes, at: offset, to: &output)
        continue
      }
      offset += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x20...: output.append(byte)
      default: appendControl(byte, to: &output)
      }
    }
  }

  /// Appends one character above U+007F and returns how many bytes of the source it took.
  private static func appendCharacter(
    of bytes: RawSpan, at offset: Int, to output: inout [UInt8]
  ) -> Int {
    guard let length = try? bytes.characterLength(at: offset) else {
      output.append(contentsOf: [0xEF, 0xBF, 0xBD])
      return 1
    }
    for index in offset..<offset + length { output.append(bytes.byte(at: index)) }
    return length
  }

  private static func appendControl(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x0C: output.append(UInt8(ascii: "f"))
    default:
      append("u00", to: &output)
      output.append(UInt8(ascii: "0") + byte >> 4)
      let low = byte & 0xF
      output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
  }
}
