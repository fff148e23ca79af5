import RawJSON

extension Envelope {
  /// Reads one line: checks every byte of it as JSON, and the message's own members by the rules
  /// of JSON-RPC 2.0 and MCP.
  ///
  /// One pass, no allocation unless a key that matters contains an escape. The elements of a
  /// batch are JSON afterwards and nothing more; scan each one, found by `JSON.forEachElement`
  /// over `whole`, as a span of its own.
  ///
  /// - Throws: the fault with the id, if one was readable. A line that is not JSON is reported
  ///   as that, whatever rules it breaks besides.
  package static func scan(_ bytes: RawSpan) throws(EnvelopeError) -> Envelope {
    var scan = EnvelopeScan()
    do throws(JSONError) {
      try scan.read(bytes)
    } catch {
      throw scan.failure(.notJSON(error), in: bytes)
    }
    if bytes.byte(at: scan.envelope.whole.start) == UInt8(ascii: "[") { return scan.envelope }
    if let fault = scan.brokenRule(bytes) { throw scan.failure(.invalid(fault), in: bytes) }
    return scan.envelope
  }
}
