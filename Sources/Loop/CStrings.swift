/// Calls `body` with a list of C strings that ends with nil, valid during the call.
/// A string is cut at its first NUL.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var storage: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(storage.count)
    storage += string.utf8.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
    storage.append(0)
  }
  return storage.withUnsafeMutableBufferPointer { storage in
    var pointers = offsets.map { offset in storage.baseAddress.map { $0 + offset } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { list in
      // Never empty: it holds at least the nil.
      list.baseAddress.map(body) ?? withUnsafePointer(to: nil, body)
    }
  }
}

/// Calls `body` with the C string, or with nil.
func withOptionalCString<Result>(
  _ string: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
  guard let string else { return body(nil) }
  return string.withCString(body)
}
