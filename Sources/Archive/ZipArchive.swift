// Archive reads zip files that come from anywhere.
//
// Everything is decided from the central directory before a byte is unpacked: names stay below
// the folder, nothing but files and folders comes out, sizes stay below `Limits`. What the
// directory says is then held against the data: an entry that is longer, shorter or different from
// what it promised is refused. Encrypted entries, links, devices, zip64 and methods other than
// stored and deflate (APPNOTE 6.3.10, 4.4.5) are refused, not skipped.
//
//   bytes -> ZipArchive -> Entry -> bytes          (values; zlib inflates)
//   ZipArchive.unpack(into:)                       (Glibc: a new folder, all of it or nothing)
//
// Cost: the archive is in memory once, an entry in pieces of 64 KiB.

/// A zip file whose directory has been checked.
package struct ZipArchive: Sendable {
  /// What an archive may have at most.
  package struct Limits: Hashable, Sendable {
    package var entries = 50_000
    /// Of all entries together, unpacked.
    package var bytes = 1 << 30
    /// Bytes of a path.
    package var path = 1024
    /// Folders within folders.
    package var depth = 64

    package init() {}
  }

  /// A file or folder in it.
  package struct Entry: Hashable, Sendable {
    /// Relative, without `.`, `..` and a last `/`.
    package let path: String
    package let isFolder: Bool
    package let isExecutable: Bool
    /// Bytes, unpacked.
    package let size: Int
    let isDeflated: Bool
    let checksum: UInt32
    /// Where the packed data lie.
    let packed: Range<Int>
  }

  package let entries: [Entry]
  /// What stands behind the last record of the directory: a comment, or the signature of a bundle.
  package let trailer: Range<Int>
  let bytes: [UInt8]

  /// Reads the directory.
  package init(_ bytes: [UInt8], limits: Limits = Limits()) throws(ZipError) {
    self.bytes = bytes
    let directory = try ZipDirectory(bytes)
    trailer = directory.trailer
    guard directory.count <= limits.entries else { throw ZipError(.tooManyEntries(limits.entries)) }
    var entries: [Entry] = []
    var kinds: [[UInt8]: Bool] = [:]
    var total = 0
    var at = directory.start
    for _ in 0..<directory.count {
      let header = try ZipHeader(bytes, at: at, end: directory.end)
      at = header.next
      let path = try ZipPath(header.name, limits)
      guard header.size <= limits.bytes - total else { throw ZipError(.tooLarge(limits.bytes)) }
      total += header.size
      let isFolder = path.isFolder || header.isFolder
      guard !isFolder || header.size == 0 else { throw ZipError(.folderWithData, path.text) }
      try header.check(path.text)
      guard kinds.updateValue(isFolder, forKey: path.bytes) == nil else {
        throw ZipError(.twice, path.text)
      }
      let packed = try header.packed(in: bytes, before: directory.start, path.text)
      entries.append(
        Entry(
          path: path.text, isFolder: isFolder, isExecutable: header.isExecutable,
          size: header.size, isDeflated: header.isDeflated, checksum: header.checksum,
          packed: packed))
    }
    guard at == directory.end else { throw ZipError(.damaged("its directory")) }
    for entry in entries {
      for parent in ZipPath.parents(of: entry.path) where kinds[parent] == false {
        throw ZipError(.belowFile, entry.path)
      }
    }
    self.entries = entries
  }

  /// The file of this path, if there is one.
  package func file(_ path: String) -> Entry? {
    entries.first { !$0.isFolder && $0.path.utf8.elementsEqual(path.utf8) }
  }

  /// A whole file of at most `limit` bytes.
  package func contents(of entry: Entry, limit: Int) throws(ZipError) -> [UInt8] {
    guard entry.size <= limit else { throw ZipError(.fileTooLarge(limit), entry.path) }
    var result: [UInt8] = []
    result.reserveCapacity(entry.size)
    try read(entry) { (piece) throws(ZipError) in result += piece }
    return result
  }
}

/// Why an archive is refused.
package struct ZipError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    case noZip
    case damaged(String)
    case zip64, severalDisks, encrypted, link, special, twice, belowFile, folderWithData
    case method(Int)
    /// The path leads elsewhere, or is none.
    case path(String)
    case tooManyEntries(Int)
    case tooLarge(Int)
    case fileTooLarge(Int)
    /// The data are not what the directory says.
    case otherData
    case noMemory
    /// `errno` of the system.
    case system(String, Int32)
  }

  package var reason: Reason
  /// The entry, as far as one is meant.
  package var path: String?

  init(_ reason: Reason, _ path: String? = nil) {
    self.reason = reason
    self.path = path
  }
}
