import Archive
import ArchiveTesting
import Testing

/// Archives of every kind, read and refused.
@Suite struct ZipArchiveTests {
  private typealias Part = ZipBuilder.Part

  private func reason(
    _ parts: [ZipBuilder.Part], limits: ZipArchive.Limits = .init()
  ) -> ZipError.Reason? {
    do throws(ZipError) {
      let archive = try ZipArchive(ZipBuilder(parts).bytes, limits: limits)
      for entry in archive.entries { _ = try archive.contents(of: entry, limit: 1 << 20) }
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [false, true]) func `files and folders come out as they went in`(
    isDeflated: Bool
  ) throws {
    let long = String(repeating: "abc\n", count: 60_000)
    let parts = [
      Part("a.txt", "hello", isDeflated: isDeflated), Part("empty", isDeflated: isDeflated),
      Part("b/"), Part("b/c/ü.txt", long, isDeflated: isDeflated),
    ]
    let archive = try ZipArchive(ZipBuilder(parts).bytes)
    #expect(archive.entries.map(\.path) == ["a.txt", "empty", "b", "b/c/ü.txt"])
    #expect(archive.entries.map(\.isFolder) == [false, false, true, false])
    for (entry, part) in zip(archive.entries, parts) {
      #expect(try archive.contents(of: entry, limit: 1 << 20) == part.data)
    }
    #expect(archive.file("b") == nil)
    let large = try #require(archive.file("b/c/ü.txt"))
    #expect(throws: ZipError.self) { try archive.contents(of: large, limit: 1000) }
  }

  @Test(arguments: [
    "../a", "a/../../b", "..", "/etc/passwd", "a//b", "./a", "a/./b", "a\\..\\b", "a\nb", "",
    "a\u{0}b", "//", "C:\\x",
  ]) func `a name that leads elsewhere is refused`(name: String) {
    guard case .path? = reason([Part(name, "x")]) else {
      Issue.record("'\(name)' was let through")
      return
    }
  }

  @Test func `names are UTF-8, short and not too deep`() {
    var part = Part("x", "x")
    part.name = [0x61, 0xFF]
    #expect(reason([part]) == .path("has a name that is not UTF-8"))
    #expect(reason([Part(String(repeating: "a", count: 256), "x")]) != nil)
    #expect(reason([Part(String(repeating: "a", count: 255), "x")]) == nil)
    #expect(reason([Part(String(repeating: "a/", count: 64) + "a", "x")]) != nil)
    #expect(reason([Part(String(repeating: "a/", count: 63) + "a", "x")]) == nil)
    var limits = ZipArchive.Limits()
    limits.path = 3
    #expect(reason([Part("abcd", "x")], limits: limits) != nil)
    #expect(reason([Part("abc", "x")], limits: limits) == nil)
  }

  @Test func `links, devices, encrypted entries and other methods are refused`() {
    func reason(_ change: (inout ZipBuilder.Part) -> Void) -> ZipError.Reason? {
      var part = Part("a", "target")
      change(&part)
      return self.reason([part])
    }
    #expect(reason { $0.mode = 0o120777 } == .link)
    for kind in [0o010644, 0o020644, 0o060644, 0o140644] {
      #expect(reason { $0.mode = kind } == .special)
    }
    for bit in [1, 1 << 6, 1 << 13] { #expect(reason { $0.flags = bit } == .encrypted) }
    #expect(reason { $0.flags = 1 << 11 } == nil)
    #expect(reason { $0.claimedMethod = 12 } == .method(12))
    #expect(reason { $0.mode = 0o040755 } == .folderWithData)
    #expect(reason { $0.localName = Array("b".utf8) } == .damaged("its data"))
  }

  @Test func `what is there twice, or below a file, is refused`() {
    #expect(reason([Part("a", "1"), Part("a", "2")]) == .twice)
    #expect(reason([Part("a/"), Part("a", "2")]) == .twice)
    #expect(reason([Part("a", "1"), Part("a/b", "2")]) == .belowFile)
    #expect(reason([Part("a/b", "2"), Part("a", "1")]) == .belowFile)
    #expect(reason([Part("a/"), Part("a/b", "2")]) == nil)
  }

  @Test(arguments: [false, true]) func `data that are not what the directory says are refused`(
    isDeflated: Bool
  ) {
    func reason(_ change: (inout ZipBuilder.Part) -> Void) -> ZipError.Reason? {
      var part = Part("a", String(repeating: "x", count: 5000), isDeflated: isDeflated)
      change(&part)
      return self.reason([part])
    }
    #expect(reason { $0.claimedSize = 4999 } == .otherData)
    #expect(reason { $0.claimedSize = 5001 } == .otherData)
    #expect(reason { $0.claimedSum = 7 } == .otherData)
    #expect(reason { $0.claimedMethod = isDeflated ? 0 : 8 } == .otherData)
  }

  @Test func `a bomb is refused by what it claims, and by what it is`() {
    var limits = ZipArchive.Limits()
    limits.bytes = 10_000
    let half = String(repeating: "0", count: 5000)
    #expect(reason([Part("a", half), Part("b", half)], limits: limits) == nil)
    #expect(
      reason([Part("a", half), Part("b", half + "0")], limits: limits) == .tooLarge(10_000))
    // It claims to be small; no more than it claims comes out.
    var liar = Part("a", String(repeating: "0", count: 1 << 22), isDeflated: true)
    liar.claimedSize = 10
    #expect(reason([liar], limits: limits) == .otherData)
    limits.entries = 2
    #expect(
      reason([Part("a"), Part("b"), Part("c")], limits: limits) == .tooManyEntries(2))
  }

  @Test func `an archive that is cut anywhere is refused`() throws {
    let whole = ZipBuilder([
      Part("a", "hello"), Part("b/c", "some text", isDeflated: true),
    ]).bytes
    for count in 0..<whole.count {
      #expect(throws: ZipError.self, "\(count)") { try ZipArchive(Array(whole.prefix(count))) }
    }
    #expect(throws: ZipError.self) { try ZipArchive(whole + [0]) }
    #expect(throws: ZipError.self) { try ZipArchive([0] + whole) }
  }

  @Test func `no byte that is changed makes it crash or hand out other data`() throws {
    let builder = ZipBuilder([Part("a", "hello"), Part("b/c", "some text", isDeflated: true)])
    let whole = builder.bytes
    let texts = Set(builder.parts.map(\.data))
    for index in whole.indices {
      for bit in 0..<8 {
        var changed = whole
        changed[index] ^= 1 << bit
        guard let archive = try? ZipArchive(changed) else { continue }
        for entry in archive.entries where !entry.isFolder {
          guard let data = try? archive.contents(of: entry, limit: 1 << 20) else { continue }
          #expect(texts.contains(data), "byte \(index), bit \(bit)")
        }
      }
    }
  }

  @Test func `comments and the signature of a bundle may stand behind it, nothing else`() throws {
    var builder = ZipBuilder([Part("a", "hello")])
    builder.comment = Array("a comment PK\u{5}\u{6} with a mark".utf8)
    #expect(try ZipArchive(builder.bytes).entries.count == 1)
    builder.comment = []
    let signed = builder.bytes + Array("MCPB_SIG_V1....MCPB_SIG_END".utf8)
    #expect(try ZipArchive(signed).entries.count == 1)
    #expect(throws: ZipError.self) { try ZipArchive(builder.bytes + Array("MCPB_X".utf8)) }
  }

  @Test func `zip64 is refused by name`() throws {
    var bytes = ZipBuilder([Part("a", "hello")]).bytes
    for index in (bytes.count - 6)..<(bytes.count - 2) { bytes[index] = 0xFF }
    let error = #expect(throws: ZipError.self) { try ZipArchive(bytes) }
    #expect(error?.reason == .zip64)
  }
}
