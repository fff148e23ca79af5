import Glibc

/// Writing that ends when all of it is written.
package enum WholeWrite {
  /// Waits as long as the system does; for files, where that is short.
  ///
  /// - Returns: 0, or why it could not be written (errno).
  package static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        return count == 0 ? EIO : errno
      }
    }
    return 0
  }
}
