package import Loop

/// Who receives the response. All calls come on the loop, in the order: `sent` any number of
/// times, `responded` once, `received` any number of times, `finished` once. An error may take the
/// place of any of them. None comes within a call of the client or the transfer. Within each of them the transfer may be paused or cancelled and other
/// requests may be started.
@EventLoop
package protocol HTTPTransferEvents: AnyObject {
  /// The final response's status line and headers; interim (1xx) responses are left out, and a
  /// 3xx is a response like any other.
  func responded(_ head: HTTPResponseHead)
  /// Bytes of the body, decompressed; the memory is valid during the call.
  func received(_ bytes: UnsafeRawBufferPointer)
  /// So many bytes of the body have been given to the connection. Called for streamed bodies and
  /// for those over 64 KiB.
  func sent(_ total: Int)
  /// The end: exactly once, and not at all after `HTTPTransfer.cancel`.
  func finished(_ outcome: Result<Void, HTTPError>)
}

extension HTTPTransferEvents {
  package func sent(_ total: Int) {}
}

/// The beginning of a response.
package struct HTTPResponseHead: Hashable, Sendable {
  package enum Version: Hashable, Sendable { case http1, http2 }

  package var status: Int
  /// As received, in order; bytes that are not UTF-8 are replaced.
  package var headers: [HTTPHeader]
  package var version: Version

  package init(status: Int, headers: [HTTPHeader], version: Version) {
    self.status = status
    self.headers = headers
    self.version = version
  }

  /// The first field of that name, in any case; ASCII only.
  package func value(of name: StaticString) -> String? {
    headers.first { $0.name.isSameIgnoringCase(name) }?.value
  }
}

extension String {
  /// ASCII letters compare without case, all other bytes as they are.
  func isSameIgnoringCase(_ other: StaticString) -> Bool {
    other.withUTF8Buffer { other in
      guard utf8.count == other.count else { return false }
      var index = 0
      for byte in utf8 {
        guard lowercase(byte) == lowercase(other[index]) else { return false }
        index += 1
      }
      return true
    }
  }
}

func lowercase(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
