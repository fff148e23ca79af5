import Glibc
import Loop
import Store
import TestSupport
import Testing

/// Where the bus of a person's session is looked for.
@Suite struct SessionBusTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var own: String { "\(folder.path)/\(geteuid())" }

  /// A socket at which nobody listens.
  private func makeSocket(_ path: String) throws { close(try LocalSocket.listen(at: path)) }

  private func find(_ environment: [String: String], _ remembered: String? = nil) -> SessionBus? {
    SessionBus(environment, remembered: remembered, runtime: folder.path)
  }

  @Test func `without variables it is the one of the person, if its socket is there`() throws {
    #expect(find(["HOME": "/h"]) == nil)
    try folder.makeFolder("\(geteuid())")
    try folder.write("", to: "\(geteuid())/bus")
    #expect(find([:]) == nil)
    unlink(own + "/bus")
    try makeSocket(own + "/bus")
    let found = try #require(find([:]))
    #expect(found.address == "unix:path=" + own + "/bus" && found.isLasting)
  }

  @Test func `variables come first, and say whether it lasts`() throws {
    try folder.makeFolder("\(geteuid())")
    try makeSocket(own + "/bus")
    let named = find(["DBUS_SESSION_BUS_ADDRESS": "unix:path=/tmp/dbus-x,guid=1"])
    #expect(named?.address == "unix:path=/tmp/dbus-x,guid=1" && named?.isLasting == false)
    let same = find(["DBUS_SESSION_BUS_ADDRESS": "unix:path=\(own)/bus,guid=1"])
    #expect(same?.isLasting == true)
    let abstract = find(["DBUS_SESSION_BUS_ADDRESS": "unix:abstract=/tmp/x"])
    #expect(abstract?.isLasting == false)
    #expect(find(["DBUS_SESSION_BUS_ADDRESS": ""])?.address == "unix:path=\(own)/bus")
  }

  @Test func `a runtime folder may have any name`() throws {
    try folder.makeFolder("a b,c")
    try makeSocket(folder.path + "/a b,c/bus")
    let environment = ["XDG_RUNTIME_DIR": folder.path + "/a b,c"]
    let found = try #require(find(environment))
    #expect(found.address.hasSuffix("/a%20b%2cc/bus") && found.isLasting)
    // What was escaped is found again.
    let again = try #require(find(environment, found.address))
    #expect(again == found)
    #expect(find([:], found.address)?.isLasting == false)
  }

  @Test func `the one of earlier is taken as long as its socket is there`() throws {
    try makeSocket(folder.path + "/old")
    let old = "unix:path=\(folder.path)/old"
    let other = ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/tmp/dbus-x"]
    #expect(find(other, old)?.address == old)
    unlink(folder.path + "/old")
    #expect(find(other, old)?.address == "unix:path=/tmp/dbus-x")
    for odd in [
      "", "unix:path=relative", "unix:path=/%0", "tcp:host=x", "unix:path=/a;unix:path=/b",
    ] {
      #expect(find([:], odd) == nil, "\(odd)")
    }
  }
}
