import Manifest
import Testing

/// Row R06: a budget that the system does not grant is told at the start.
@Suite struct MemoryTests {
  private func fitted(_ text: String, _ limit: UInt64?) -> Configuration {
    let folder = ConfigurationFolder()
    folder.write("gateway.yaml", text)
    var configuration = folder.load()
    configuration.fitMemory(limit, file: "gateway.yaml")
    return configuration
  }

  @Test func `R06: the default becomes half of what there is`() {
    #expect(fitted("{}", nil).gateway.limits.waitingBytes == 256 << 20)
    #expect(fitted("{}", 512 << 20).gateway.limits.waitingBytes == 256 << 20)
    let small = fitted("{}", 100 << 20)
    #expect(small.isUsable && small.gateway.limits.waitingBytes == 50 << 20)
  }

  @Test func `R06: a number that does not fit is a mistake`() {
    let fits = fitted("limits: {waiting_bytes: 50MiB}", 100 << 20)
    #expect(fits.isUsable && fits.gateway.limits.waitingBytes == 50 << 20)
    let tooLarge = fitted("limits: {waiting_bytes: 51MiB}", 100 << 20)
    #expect(!tooLarge.isUsable)
    #expect(
      tooLarge.diagnostics.map(\.message) == [
        "'limits.waiting_bytes' is 51MiB, and more than half of the 100MiB of memory that the system "
          + "gives the gateway; lower it, or have the system give more"
      ])
  }
}
