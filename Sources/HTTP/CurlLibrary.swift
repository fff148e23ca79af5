import CCurl
import Loop

/// libcurl, loaded when the first request is made: it brings 31 shared libraries along, which a
/// gateway without HTTP services does without (docs/decisions/late-libcurl.md).
@EventLoop
final class CurlLibrary {
  /// The functions; the memory lives as long as the process.
  let table: UnsafePointer<curl_table>
  /// The encodings it can undo, as `Accept-Encoding` lists them.
  let encodings: String
  /// Whether it knows the file of the system's certificates, so that their folder is not needed.
  let hasRootsFile: Bool

  /// What a thread that loads it hands over. `@unchecked Sendable`: nobody writes to the table.
  struct Opened: @unchecked Sendable {
    fileprivate let table: UnsafePointer<curl_table>
    fileprivate let features: Int32
    fileprivate let hasRootsFile: Bool
  }

  /// The oldest version with `CURLOPT_PREREQFUNCTION`, which tells when a request is sent.
  nonisolated private static let oldest: UInt32 = 0x07_5000

  /// Takes milliseconds. The library stays loaded; not to be called twice for the same one.
  nonisolated static func open(_ name: String) -> Result<Opened, HTTPError> {
    let table = UnsafeMutablePointer<curl_table>.allocate(capacity: 1)
    table.initialize(to: curl_table())
    if let missing = curl_table_load(table, name) {
      let reason = printable(String(cString: missing))
      table.deallocate()
      return .failure(unavailable("\(name) cannot be used (\(reason)); install libcurl4"))
    }
    guard table.pointee.global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK,
      let version = table.pointee.version_info(CURLVERSION_EIGHTH)
    else { return .failure(unavailable("\(name) cannot be initialised")) }
    guard version.pointee.version_num >= oldest else {
      let found = version.pointee.version.map { String(cString: $0) } ?? "an older one"
      return .failure(unavailable("\(name) is \(printable(found)); 7.80 or later is needed"))
    }
    return .success(
      Opened(
        table: UnsafePointer(table), features: version.pointee.features,
        hasRootsFile: version.pointee.cainfo != nil))
  }

  init(_ opened: Opened) {
    table = opened.table
    // CURL_VERSION_LIBZ and CURL_VERSION_BROTLI.
    let hasDeflate = opened.features & (1 << 3) != 0
    let hasBrotli = opened.features & (1 << 23) != 0
    encodings =
      (hasDeflate ? ["gzip", "deflate"] : []).joined(separator: ", ")
      + (hasBrotli ? (hasDeflate ? ", br" : "br") : "")
    hasRootsFile = opened.hasRootsFile
  }

  nonisolated private static func unavailable(_ text: String) -> HTTPError {
    HTTPError(.unavailableLibrary, .notSent, text)
  }
}

/// At most 200 printable ASCII characters of what a library said.
func printable(_ text: String) -> String {
  let bytes = text.utf8.prefix(200).map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") }
  return String(decoding: bytes, as: UTF8.self)
}
