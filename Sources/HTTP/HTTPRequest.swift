package import Loop

/// One request to the origin of the client it is given to.
///
/// It names no host: scheme, host and port come from the client's `HTTPOrigin`, which comes from
/// a manifest, so nothing that a call brings along can change where a request goes (rows S09, S10).
package struct HTTPRequest: Sendable {
  /// A token of RFC 9110 section 9.1, in upper case by convention.
  package var method: String
  /// Path and query in origin form, percent-encoded already: begins with `/`, holds visible ASCII
  /// only, no `#`, and no segment that is `.` or `..` in any spelling. Sent as it stands.
  package var target: String
  /// Sent in this order. Names are tokens; values hold no CR, LF, NUL or other control byte but
  /// the tab. Those that frame a message (`Content-Length`, `Host` and the like) are refused.
  package var headers: [HTTPHeader]
  package var body: HTTPBody
  package var limits: HTTPLimits
  /// Whether it may be sent a second time when a kept connection closes before any byte of an
  /// answer (row H22). True for GET, HEAD and OPTIONS.
  package var mayRepeat: Bool

  package init(
    method: String, target: String, headers: [HTTPHeader] = [], body: HTTPBody = .none,
    limits: HTTPLimits = HTTPLimits()
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.limits = limits
    mayRepeat = ["GET", "HEAD", "OPTIONS"].contains { $0.utf8.elementsEqual(method.utf8) }
  }
}

/// A header field: of a request as given, of a response as received.
package struct HTTPHeader: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Whether text can be a part of a field's name: a token of RFC 9110.
  package static func isToken(_ text: String) -> Bool { RequestRules.isToken(text) }
}

/// What is sent after the headers.
package enum HTTPBody: Sendable {
  case none
  case bytes([UInt8])
  /// Asked for piece by piece while it is sent; chunked where the length is nil.
  case stream(length: Int?, source: any HTTPBodySource)
}

/// Where the bytes of a streamed body come from.
@EventLoop
package protocol HTTPBodySource: AnyObject, Sendable {
  /// Fills the beginning of `memory`. It is not called again after `end` or `failed`, and after
  /// `later` only once the transfer's `bodyIsReady()` was called.
  ///
  /// It must not call the client.
  func read(into memory: UnsafeMutableRawBufferPointer) -> HTTPBodyPiece
}

/// What a body source answers.
package enum HTTPBodyPiece: Hashable, Sendable {
  /// So many bytes, at least one.
  case bytes(Int)
  case end
  /// Nothing now.
  case later
  /// There will be no more; the transfer ends with `HTTPError.Kind.bodySource`.
  case failed
}

/// What a request may take at most. Nil is no limit.
package struct HTTPLimits: Hashable, Sendable {
  /// Look-up of the name, connection and TLS together, from when a connection is asked for.
  package var connect: Duration?
  /// Without a byte in either direction, once connected; the answer's first byte included. It
  /// does not run while the receiver has paused or the body source is waited for.
  package var idle: Duration?
  /// From `start` to the end, waiting for a free connection included.
  package var total: Duration?
  /// Of the body, after decompression.
  package var responseBytes: Int
  /// Bytes after decompression for each byte received; counted from the first MiB on.
  package var decompressionRatio: Int
  /// Of all header lines together, those of interim responses and trailers included.
  package var headerBytes: Int

  package init(
    connect: Duration? = .seconds(10), idle: Duration? = .seconds(30),
    total: Duration? = .seconds(60), responseBytes: Int = 16 << 20, decompressionRatio: Int = 100,
    headerBytes: Int = 64 << 10
  ) {
    self.connect = connect
    self.idle = idle
    self.total = total
    self.responseBytes = responseBytes
    self.decompressionRatio = decompressionRatio
    self.headerBytes = headerBytes
  }
}
