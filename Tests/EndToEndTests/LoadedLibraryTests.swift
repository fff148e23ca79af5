import HTTPTesting
import Testing

struct LoadedLibraryTests {
  @Test
  func `the loader finds no libcurl to load when the gateway starts`() throws {
    // The dynamic loader lists what it would load and does not run the program.
    let loader = try Shell("LD_TRACE_LOADED_OBJECTS=1 '\(GatewayRun.gateway)'")
    var libraries: [String] = []
    while let line = loader.line() { libraries.append(line) }
    #expect(libraries.contains { $0.contains("libuv") }, "the list is not one")
    #expect(!libraries.contains { $0.contains("libcurl") })
  }
}
