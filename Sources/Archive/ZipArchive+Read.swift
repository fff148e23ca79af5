import CZlib

extension ZipArchive {
  private static let pieceSize = 1 << 16

  /// Hands out an entry in pieces, and fails if it is not what the directory says.
  ///
  /// No more than the promised size is ever handed out.
  package func read(
    _ entry: Entry, _ take: (ArraySlice<UInt8>) throws(ZipError) -> Void
  ) throws(ZipError) {
    var sum = UInt(crc32(0, nil, 0))
    var count = 0
    func check(_ piece: ArraySlice<UInt8>) throws(ZipError) {
      count += piece.count
      guard count <= entry.size else { throw ZipError(.otherData, entry.path) }
      sum = piece.withUnsafeBufferPointer { crc32(sum, $0.baseAddress, UInt32($0.count)) }
      try take(piece)
    }
    if entry.isDeflated {
      try inflated(entry, check)
    } else {
      var rest = bytes[entry.packed]
      while !rest.isEmpty {
        try check(rest.prefix(Self.pieceSize))
        rest = rest.dropFirst(Self.pieceSize)
      }
    }
    guard count == entry.size, UInt32(truncatingIfNeeded: sum) == entry.checksum else {
      throw ZipError(.otherData, entry.path)
    }
  }

  private func inflated(
    _ entry: Entry, _ take: (ArraySlice<UInt8>) throws(ZipError) -> Void
  ) throws(ZipError) {
    var stream = z_stream()
    // Raw deflate: no header of zlib's own.
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw ZipError(.noMemory) }
    defer { inflateEnd(&stream) }
    var input = Array(bytes[entry.packed])
    var output = [UInt8](repeating: 0, count: Self.pieceSize)
    var used = 0
    var code = Z_OK
    while code == Z_OK {
      let room = output.count
      let given = min(input.count - used, Self.pieceSize)
      var left = 0
      code = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          stream.next_in = input.baseAddress?.advanced(by: used)
          stream.avail_in = UInt32(given)
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(room)
          let code = inflate(&stream, Z_NO_FLUSH)
          left = Int(stream.avail_out)
          return code
        }
      }
      used += given - Int(stream.avail_in)
      if left < room { try take(output[..<(room - left)]) }
    }
    // A stream that ends early would hide what follows it.
    guard code == Z_STREAM_END, used == input.count else { throw ZipError(.otherData, entry.path) }
  }
}
