import RawJSON

/// What holds for the scanner on any bytes.
package enum ScanProperty {
  /// Says what does not hold for `bytes`; nil if all does.
  package static func violation(of bytes: [UInt8]) -> String? {
    let expected = ReferenceJSON.accepts(bytes)
    guard let range = try? JSON.validate(bytes.span.bytes) else {
      return expected ? "refused what RFC 8259 allows" : nil
    }
    guard expected else { return "accepted what RFC 8259 forbids" }
    return sliceViolation(range, of: bytes) ?? treeViolation(bytes)
  }

  /// Every slice that we hand out is itself exactly one value.
  private static func sliceViolation(_ range: ByteRange, of bytes: [UInt8]) -> String? {
    let slice = Array(bytes[range.start..<range.end])
    guard let again = try? JSON.validate(slice.span.bytes), again.start == 0,
      again.end == slice.count
    else { return "the range \(range) is not exactly one value" }
    var violation: String?
    JSON.forEachMember(of: range, in: bytes.span.bytes) { key, value in
      if !JSON.isString(key, in: bytes.span.bytes) { violation = "a key is no string" }
      violation = violation ?? childViolation(value, of: bytes)
    }
    JSON.forEachElement(of: range, in: bytes.span.bytes) { value in
      violation = violation ?? childViolation(value, of: bytes)
    }
    return violation
  }

  private static func childViolation(_ range: ByteRange, of bytes: [UInt8]) -> String? {
    let slice = Array(bytes[range.start..<range.end])
    guard let again = try? JSON.validate(slice.span.bytes), again.count == slice.count else {
      return "the slice \(range) is not exactly one value"
    }
    return nil
  }

  /// What is read, written and read again stays the same.
  private static func treeViolation(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONValue(parsing: bytes) else { return "validated but not parsed" }
    let written = value.serialized()
    guard ReferenceJSON.accepts(written) else { return "wrote something that is not JSON" }
    guard let again = try? JSONValue(parsing: written), again == value,
      again.serialized() == written
    else { return "a written tree reads back differently" }
    return nil
  }
}
