import Digest
import Provision
import RawJSON
import TestSupport
import Testing

/// Lock files, from what pip says that it would install.
@Suite struct LockLinesTests {
  private func item(_ name: String, _ version: String, _ digest: String?) -> JSONValue {
    let info: JSONValue = digest.map { ["hashes": ["sha256": .string($0)]] } ?? [:]
    return [
      "metadata": ["name": .string(name), "version": .string(version)],
      "download_info": ["archive_info": info],
    ]
  }

  private func text(_ items: JSONValue...) -> String? {
    let report: JSONValue = ["version": "1", "install": .array(items)]
    return LockLines(report: report.serialized()).map { String(decoding: $0.text, as: UTF8.self) }
  }

  @Test func `each package has a line with its version and digest`() {
    #expect(
      text(item("b", "2", "22"), item("a", "1", "11"))
        == "a==1 --hash=sha256:11\nb==2 --hash=sha256:22\n")
  }

  @Test func `where one digest is not known none is written, since pip takes all or none`() {
    #expect(text(item("b", "2", nil), item("a", "1", "11")) == "a==1\nb==2\n")
  }

  @Test func `the digest of a file of this machine is found out where pip does not tell it`() throws
  {
    let folder = try TemporaryFolder()
    try folder.write("content", to: "a b.whl")
    var file = item("a", "1", nil).objectValue ?? JSONObject()
    file["download_info"] = ["url": .string("file://\(folder.path)/a%20b.whl")]
    #expect(text(.object(file)) == "a==1 --hash=sha256:\(SHA256.hex("content".utf8))\n")
  }

  @Test func `what is no report is refused`() {
    #expect(text() == nil)
    #expect(text([:]) == nil)
    #expect(LockLines(report: Array("no".utf8)) == nil)
  }
}
