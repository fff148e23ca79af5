import Testing
import YAML

@Suite struct NearestKeyTests {
  @Test func `the nearest key is near`() {
    let known = ["timeout", "concurrent", "queue", "stalled_write", "env"]
    for (key, expected) in [
      ("timout", "timeout"), ("tiemout", "timeout"), ("TIMEOUT", "timeout"),
      ("stalled-write", "stalled_write"), ("stalledWrite", "stalled_write"), ("queu", "queue"),
      ("envs", "env"), ("concurrency", "concurrent"),
    ] {
      #expect(NearestKey.to(key, among: known) == expected)
    }
    for key in ["colour", "", "x", String(repeating: "timeout", count: 1_000)] {
      #expect(NearestKey.to(key, among: known) == nil)
    }
  }
}
