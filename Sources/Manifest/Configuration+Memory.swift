import YAML

extension Configuration {
  /// Fits the bytes that may wait into the memory that the system leaves to the process (row R06).
  ///
  /// Half of it is for them. The default becomes smaller where it does not fit; a number that somebody
  /// wrote is a mistake, and the configuration cannot be used. `limit` is nil where there is none.
  package mutating func fitMemory(_ limit: UInt64?, file: String) {
    guard let limit, let half = Int(exactly: limit / 2), gateway.limits.waitingBytes > half
    else { return }
    if gateway.limits.waitingBytes == GatewayConfiguration.Limits().waitingBytes {
      gateway.limits.waitingBytes = half
      return
    }
    let wanted = SizeText.show(UInt64(gateway.limits.waitingBytes))
    diagnostics.append(
      Diagnostic(
        "'limits.waiting_bytes' is \(wanted), and more than half of the \(SizeText.show(limit)) of "
          + "memory that the system gives the gateway; lower it, or have the system give more",
        in: file, at: nil))
    isUsable = false
  }
}
