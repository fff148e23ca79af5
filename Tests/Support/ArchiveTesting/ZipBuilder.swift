import CZlib

/// Writes zip files, wrong ones too.
///
/// It makes what it is told and checks nothing; `Part` says what an entry claims of itself.
package struct ZipBuilder {
  package struct Part {
    package var name: [UInt8]
    package var data: [UInt8]
    package var isDeflated = false
    /// The mode that a Unix system would have written; 0 is that of an MS-DOS archive.
    package var mode: Int = 0o100644
    package var flags = 0
    /// What the headers claim in place of the truth.
    package var claimedSize: Int?
    package var claimedSum: UInt32?
    package var claimedMethod: Int?
    package var localName: [UInt8]?

    package init(_ name: String, _ text: String = "", isDeflated: Bool = false) {
      self.name = Array(name.utf8)
      data = Array(text.utf8)
      self.isDeflated = isDeflated
    }
  }

  package var parts: [Part]
  package var comment: [UInt8] = []

  package init(_ parts: [Part]) { self.parts = parts }

  package var bytes: [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for part in parts {
      let packed = part.isDeflated ? Self.deflated(part.data) : part.data
      let offset = body.count
      let fields = Self.fields(part, packed.count)
      let local = part.localName ?? part.name
      body += Self.number(0x0403_4B50, 4) + Self.number(20, 2) + fields
      body += Self.number(local.count, 2) + Self.number(0, 2) + local + packed
      directory += Self.number(0x0201_4B50, 4) + [20, part.mode == 0 ? 0 : 3] + Self.number(20, 2)
      directory += fields + Self.number(part.name.count, 2)
      directory += Self.number(0, 8) + Self.number(part.mode << 16, 4) + Self.number(offset, 4)
      directory += part.name
    }
    var end = Self.number(0x0605_4B50, 4) + Self.number(0, 4)
    end += Self.number(parts.count, 2) + Self.number(parts.count, 2)
    end += Self.number(directory.count, 4) + Self.number(body.count, 4)
    return body + directory + end + Self.number(comment.count, 2) + comment
  }

  /// Flags, method, time, checksum and sizes, which stand in both headers.
  private static func fields(_ part: Part, _ packed: Int) -> [UInt8] {
    let sum = part.data.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
    let method = part.claimedMethod ?? (part.isDeflated ? 8 : 0)
    return number(part.flags, 2) + number(method, 2) + number(0, 4)
      + number(Int(part.claimedSum ?? UInt32(truncatingIfNeeded: sum)), 4) + number(packed, 4)
      + number(part.claimedSize ?? part.data.count, 4)
  }

  private static func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// Raw deflate.
  private static func deflated(_ data: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = data
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(data.count))))
    let left = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        _ = deflate(&stream, Z_FINISH)
        return Int(stream.avail_out)
      }
    }
    return Array(output.dropLast(left))
  }
}
