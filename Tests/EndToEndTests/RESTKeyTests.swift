import Glibc
import HTTPTesting
import Harness
import Manifest
import RawJSON
import TestSupport
import Testing

/// Every key of the manifest of an HTTP API changes what the gateway does.
@Suite struct RESTKeyTests {
  private static let all =
    RESTServiceKeys.all + RESTToolKeys.all + RESTArgumentKeys.all + RESTStepKeys.all

  @Test func `every key of a REST manifest is obeyed`() throws {
    let folder = try TemporaryFolder()
    let authority = try Certificates(in: try folder.makeFolder("authority"))
    let other = try Certificates(in: try folder.makeFolder("other"))
    let secure = try TLSServer(.http1, authority.certificate(.good), authority.key(.good))
    let near = try RawHTTPServer(unixPath: folder.path + "/socket") { _, connection in
      connection.respond("200 OK", ["Content-Type: application/json"], Array("{}".utf8))
      return true
    }
    let walled = try RawHTTPServer()
    let wall = try DeadEnd(port: walled.port)
    let run = try RESTKeyRun(
      Self.all,
      replacements: [
        "SECURE": secure.url, "AUTHORITY": authority.authority, "STRANGER": other.authority,
        "FOLDER": folder.path, "WALL": "http://[::1]:\(walled.port)",
      ])
    for index in Self.all.indices { run.check(index) }
    try run.finish()
    near.stop()
    walled.stop()
    withExtendedLifetime((secure, wall)) {}
  }

  /// A name of this machine for an address that is not public, other than `localhost`.
  private static let privateName: String? = {
    let hosts = String(decoding: SmallFile.bytes(of: "/etc/hosts"), as: UTF8.self)
    let names = hosts.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .flatMap { line -> [Substring] in
        let words = line.split { $0 == " " || $0 == "\t" }
        let isSpecial = ["127.", "10.", "172.17.", "192.168.", "::1"].contains { prefix in
          words.first?.hasPrefix(prefix) == true
        }
        return isSpecial ? Array(words.dropFirst()) : []
      }
    return names.first { $0 != "localhost" && $0.utf8.allSatisfy { $0 != 46 } }.map(String.init)
  }()

  @Test(.enabled(if: privateName != nil, "no name of this machine leads to a private address"))
  func `rest.connections.private_addresses: decides where a name may lead`() throws {
    let name = try #require(Self.privateName)
    let key = RESTKey(
      "rest.connections.private_addresses", .answer, ("true", "took no connection"),
      ("false", "a private or special address")
    ).with {
      $0.url = "http://\(name):9"
      $0.rest = ["connections: {private_addresses: VALUE, attempts: 1}"]
    }
    let run = try RESTKeyRun([key], replacements: [:])
    run.check(0)
    try run.finish()
  }

  @Test func `no key of a REST manifest is without such a test`() {
    let own = REST.keys.filter { $0.key == "rest" || $0.key == "tools" }
    var seen: Set<String> = []
    let keys = Self.names(own, under: [], seen: &seen) + REST.typeKeys.map { "type.\($0.key)" }
    let tested = Self.all.map(\.key) + ["rest.connections.private_addresses"]
    // A type is read by the same code wherever it stands, so that its keys are tested in one place.
    let types = REST.typeKeys.map(\.key).filter { key in
      tested.contains("tools.NAME.arguments.NAME.\(key)")
    }
    #expect(Set(keys) == Set(tested + types.map { "type.\($0)" }))
    #expect(tested.count == Set(tested).count)
  }

  /// As the table in docs/manifest.md: what stands in several places with one meaning counts once,
  /// and a section is a key of its own where it has none that is new.
  private static func names(
    _ keys: [KeyDescription], under path: [String], seen: inout Set<String>
  ) -> [String] {
    keys.flatMap { key -> [String] in
      guard seen.insert(key.key + key.about).inserted else { return [] }
      let path = path + [key.key]
      var inner: [String] = []
      switch key.shape {
      case .section(let keys), .sections(let keys): inner = names(keys, under: path, seen: &seen)
      case .sectionTable(_, let keys): inner = names(keys, under: path + ["NAME"], seen: &seen)
      default: break
      }
      return inner.isEmpty ? [path.joined(separator: ".")] : inner
    }
  }
}
