import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Row M14: files that change all the time, in every way in which editors change them.
@Suite struct ReloadStormTests {
  /// One way of writing a manifest.
  private enum Way: CaseIterable {
    case inPlace, inTwoSteps, renamedOver, takenAwayFirst, halfWritten
  }

  @Test func `M14: of a storm of changes nothing is lost but what was never whole`() throws {
    let run = try GatewayRun.open([Service("good"), Service("stormy")])
    try run.expectOK()
    _ = try run.control()
    let steady = run.processes(of: "good")
    let text = run.manifest(Service("stormy"))
    let file = run.folder.path + "/manifests/stormy.yaml"
    var ids: [String] = []
    // Three seconds of about a hundred changes a second, with a call for each.
    let end = ContinuousClock.now + .seconds(3)
    var round = 0
    while ContinuousClock.now < end {
      round += 1
      let priority = "priority: \(round % 100)\n"
      try write(text + priority, to: file, by: Way.allCases[round % Way.allCases.count], run)
      ids.append(try run.client.request("tools/call", ["name": "good_echo"]))
      ids.append(try run.client.request("tools/call", ["name": "stormy_echo"]))
      run.client.run(for: .milliseconds(5))
    }
    try run.folder.write(
      text + "priority: 77\ndescription: The last.\n", to: "manifests/stormy.yaml")
    for id in ids { #expect(try run.client.response(to: id).kind == .result) }
    // What was written last holds in the end.
    #expect(run.wait { (try? run.difference())?["services"] == [] })
    try run.expectOK()
    #expect(run.processes(of: "good") == steady)
    try run.finish()
  }

  @Test func `M14: a folder that is exchanged by a link, as in a mounted volume, is followed`()
    throws
  {
    let run = try GatewayRun.open([Service("good"), Service("stormy")])
    let text = run.manifest(Service("stormy"))
    let manifests = run.folder.path + "/manifests"
    func put(_ number: Int) throws {
      try run.folder.makeFolder("manifests/..\(number)")
      try run.folder.write(
        text + "description: Number \(number).\n", to: "manifests/..\(number)/stormy.yaml")
      #expect(symlink("..\(number)", manifests + "/..next") == 0)
      #expect(rename(manifests + "/..next", manifests + "/..data") == 0)
    }
    try put(0)
    #expect(unlink(manifests + "/stormy.yaml") == 0)
    #expect(symlink("..data/stormy.yaml", manifests + "/stormy.yaml") == 0)
    try run.expectOK()
    let steady = run.processes(of: "good")
    _ = try run.control()
    var ids: [String] = []
    for number in 1..<40 {
      try put(number)
      ids.append(try run.client.request("tools/call", ["name": "stormy_echo"]))
      run.client.run(for: .milliseconds(10))
    }
    for id in ids { #expect(try run.client.response(to: id).kind == .result) }
    let isFollowed = run.wait { (try? run.difference())?["services"] == [] }
    #expect(isFollowed)
    // Its environment is another one now, and nothing had to be asked for.
    try put(40)
    try run.folder.write(
      run.manifest(Service("stormy", "tools=12")), to: "manifests/..40/stormy.yaml")
    let isTaken = run.wait { (try? KeyBehaviour.tools(run))?.contains("stormy_extra_1") == true }
    #expect(isTaken)
    #expect(run.processes(of: "good") == steady)
    try run.finish()
  }

  private func write(_ text: String, to file: String, by way: Way, _ run: GatewayRun) throws {
    let half = String(text.prefix(text.count / 2))
    let name = "manifests/stormy.yaml"
    switch way {
    case .inPlace: try run.folder.write(text, to: name)
    case .inTwoSteps:
      try run.folder.write(half, to: name)
      try run.folder.write(text, to: name)
    case .renamedOver:
      try run.folder.write(text, to: name + ".new")
      #expect(rename(file + ".new", file) == 0)
    case .takenAwayFirst:
      #expect(rename(file, file + "~") == 0)
      try run.folder.write(text, to: name)
    case .halfWritten: try run.folder.write(half, to: name)
    }
  }
}
