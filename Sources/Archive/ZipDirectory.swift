/// Where the directory of an archive lies (APPNOTE 4.3.16).
struct ZipDirectory {
  let count: Int
  let start: Int
  let end: Int
  /// Behind the record, without a comment that a signature follows.
  let trailer: Range<Int>

  private static let size = 22
  /// What stands behind an archive that is signed (MCPB).
  private static let signature = Array("MCPB_SIG_V1".utf8)
  /// More than any signature with its certificates.
  private static let longestEnd = 1 << 20

  init(_ bytes: [UInt8]) throws(ZipError) {
    guard let at = Self.locate(in: bytes) else { throw ZipError(.noZip) }
    let numbers = ZipNumbers(bytes)
    guard numbers.short(at + 4) == 0, numbers.short(at + 6) == 0,
      numbers.short(at + 8) == numbers.short(at + 10)
    else { throw ZipError(.severalDisks) }
    count = numbers.short(at + 10)
    let length = numbers.long(at + 12)
    start = numbers.long(at + 16)
    guard count != 0xFFFF, length != 0xFFFF_FFFF, start != 0xFFFF_FFFF else {
      throw ZipError(.zip64)
    }
    guard start + length == at else { throw ZipError(.damaged("its directory")) }
    end = at
    let comment = at + Self.size + numbers.short(at + 20)
    trailer = (comment < bytes.count ? comment : at + Self.size)..<bytes.count
  }

  /// The last record whose comment ends where the file does, or where a signature begins.
  private static func locate(in bytes: [UInt8]) -> Int? {
    guard bytes.count >= size else { return nil }
    let numbers = ZipNumbers(bytes)
    let first = max(0, bytes.count - size - longestEnd)
    var at = bytes.count - size
    while at >= first {
      if bytes[at] == 0x50, numbers.long(at) == 0x0605_4B50 {
        let end = at + size + numbers.short(at + 20)
        if end == bytes.count { return at }
        if end < bytes.count, bytes[end...].starts(with: signature) { return at }
      }
      at -= 1
    }
    return nil
  }
}

/// One header of the directory (APPNOTE 4.3.12).
struct ZipHeader {
  let name: [UInt8]
  let size: Int
  let checksum: UInt32
  let isDeflated: Bool
  /// Where the next one begins.
  let next: Int
  private let flags: Int
  private let method: Int
  private let packedSize: Int
  private let offset: Int
  /// The mode of the file, where a system with modes has made the archive; else 0.
  private let mode: Int

  private static let length = 46

  init(_ bytes: [UInt8], at: Int, end: Int) throws(ZipError) {
    let numbers = ZipNumbers(bytes)
    guard at + Self.length <= end, numbers.long(at) == 0x0201_4B50 else {
      throw ZipError(.damaged("its directory"))
    }
    flags = numbers.short(at + 8)
    method = numbers.short(at + 10)
    isDeflated = method == 8
    checksum = UInt32(truncatingIfNeeded: numbers.long(at + 16))
    packedSize = numbers.long(at + 20)
    size = numbers.long(at + 24)
    offset = numbers.long(at + 42)
    let isUnix = bytes[at + 5] == 3
    mode = isUnix ? numbers.long(at + 38) >> 16 : 0
    let nameEnd = at + Self.length + numbers.short(at + 28)
    next = nameEnd + numbers.short(at + 30) + numbers.short(at + 32)
    guard next <= end else { throw ZipError(.damaged("its directory")) }
    name = Array(bytes[(at + Self.length)..<nameEnd])
    guard size != 0xFFFF_FFFF, packedSize != 0xFFFF_FFFF, offset != 0xFFFF_FFFF else {
      throw ZipError(.zip64)
    }
  }

  private var kind: Int { mode & 0o170000 }
  var isFolder: Bool { kind == 0o040000 }
  var isExecutable: Bool { mode & 0o111 != 0 }

  /// Refuses what is no plain file and no folder.
  func check(_ path: String) throws(ZipError) {
    // Bit 0: encrypted; 6: strongly; 13: the directory too.
    guard flags & 0x2041 == 0 else { throw ZipError(.encrypted, path) }
    guard kind != 0o120000 else { throw ZipError(.link, path) }
    guard [0, 0o100000, 0o040000].contains(kind) else { throw ZipError(.special, path) }
    guard method == 0 || method == 8 else { throw ZipError(.method(method), path) }
    guard method == 8 || packedSize == size else { throw ZipError(.otherData, path) }
  }

  /// Where the data lie: behind the header before them, which must be of the same name.
  func packed(in bytes: [UInt8], before limit: Int, _ path: String) throws(ZipError) -> Range<Int> {
    let numbers = ZipNumbers(bytes)
    guard offset + 30 <= limit, numbers.long(offset) == 0x0403_4B50 else {
      throw ZipError(.damaged("its data"), path)
    }
    let nameEnd = offset + 30 + numbers.short(offset + 26)
    let start = nameEnd + numbers.short(offset + 28)
    guard start + packedSize <= limit, bytes[(offset + 30)..<nameEnd].elementsEqual(name) else {
      throw ZipError(.damaged("its data"), path)
    }
    return start..<(start + packedSize)
  }
}

/// Little-endian numbers at offsets; 0 behind the end.
struct ZipNumbers {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func short(_ at: Int) -> Int {
    guard at >= 0, at + 2 <= bytes.count else { return 0 }
    return Int(bytes[at]) | Int(bytes[at + 1]) << 8
  }

  func long(_ at: Int) -> Int { short(at) | short(at + 2) << 16 }
}

/// The path of an entry, as it is allowed below a folder.
struct ZipPath {
  /// Without a last `/`.
  let bytes: [UInt8]
  let text: String
  let isFolder: Bool

  init(_ name: [UInt8], _ limits: ZipArchive.Limits) throws(ZipError) {
    isFolder = name.last == UInt8(ascii: "/")
    bytes = isFolder ? name.dropLast() : name
    text = String(decoding: bytes, as: UTF8.self)
    let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let why: String?
    if bytes.count > limits.path {
      why = "has a path longer than \(limits.path) bytes"
    } else if !text.utf8.elementsEqual(bytes) {
      why = "has a name that is not UTF-8"
    } else if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) {
      why = "has a backslash or a control character in its name"
    } else if parts.contains(where: { $0.isEmpty || $0.elementsEqual([0x2E]) }) {
      why = "has an absolute path, or one with empty parts"
    } else if parts.contains(where: { $0.elementsEqual([0x2E, 0x2E]) }) {
      why = "leads out of the folder ('..')"
    } else if parts.contains(where: { $0.count > 255 }) || parts.count > limits.depth {
      why = "has a name that is too long, or lies too deep"
    } else {
      why = nil
    }
    if let why { throw ZipError(.path(why), text) }
  }

  /// The folders that a path lies in.
  static func parents(of path: String) -> [[UInt8]] {
    let bytes = Array(path.utf8)
    return bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }.map { Array(bytes[..<$0]) }
  }
}
