package import Loop
import RawJSON
package import Resilience

/// What a run of a REST tool tells while it works, each time about a request that was really
/// made, answered or has to wait.
package enum RESTNotice: Sendable {
  /// So many of so many parts are done: requests, actions of a batch, bytes of an upload. The
  /// total grows where parts become known on the way.
  case progress(done: Int, total: Int?, message: String)
  /// Items of a list as they came, filtered and projected; `count` is how many there are so far.
  case items([JSONText], count: Int)
  /// A change of the run's own state: polling, completing.
  case status(String)
  /// It cannot go on for now: queued, waiting for a rate limit, about to try again.
  case wait(String)
}

/// Who runs a tool: it hears what happens and says how long it may take.
@EventLoop
package protocol RESTRunObserver: AnyObject {
  /// When the call must have been answered; progress moves it.
  var deadline: Instant { get }
  func noticed(_ notice: RESTNotice)
  /// A request waits for a place, for a rate, or for the end of a pause; a notice follows.
  func meetsLimit()
}

extension RESTRunObserver {
  package func meetsLimit() {}
}

/// What a run ends with.
package struct RESTResult: Sendable {
  /// An object, in pieces that are written one after the other.
  package var pieces: [RESTPiece]

  package init(pieces: [RESTPiece]) { self.pieces = pieces }

  /// Bytes of the JSON text.
  package var byteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } }

  /// The JSON text, copied.
  package var text: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(byteCount)
    for piece in pieces { piece.withBytes { output.append(contentsOf: $0) } }
    return output
  }
}

/// A piece of JSON text on one line.
package enum RESTPiece: Sendable {
  case bytes([UInt8])
  case text(JSONText)

  package var byteCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .text(let text): text.byteCount
    }
  }

  /// Valid during the call.
  package func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    switch self {
    case .bytes(let bytes): bytes.withUnsafeBytes(body)
    case .text(let text):
      text.bytes.withUnsafeBytes { whole in
        guard text.range.fits(in: whole.count) else { return }
        body(UnsafeRawBufferPointer(rebasing: whole[text.range.start..<text.range.end]))
      }
    }
  }
}

extension RESTResult {
  /// The structured content of what was fetched: an object is itself; a list stands in `items`,
  /// beside `next`, which asks for the page behind it, and `truncated`, which says that there is
  /// more; any other value stands in `value`.
  init(_ fetched: Fetched) {
    switch fetched.content {
    case .value(let value) where value.isObject: self.init(pieces: [.text(value)])
    case .value(let value) where value.isArray:
      self.init(pieces: [.bytes(Array(#"{"items":"#.utf8)), .text(value), .bytes(Array("}".utf8))])
    case .value(let value):
      self.init(pieces: [.bytes(Array(#"{"value":"#.utf8)), .text(value), .bytes(Array("}".utf8))])
    case .items(let items):
      var pieces: [RESTPiece] = [.bytes(Array(#"{"items":["#.utf8))]
      for (index, item) in items.enumerated() {
        if index > 0 { pieces.append(.bytes([UInt8(ascii: ",")])) }
        pieces.append(.text(item))
      }
      var end: [UInt8] = [UInt8(ascii: "]")]
      if let next = fetched.next {
        end += #","next":"#.utf8
        JSON.appendQuoted(next.utf8, to: &end)
      }
      if fetched.isCut { end += #","truncated":true"#.utf8 }
      pieces.append(.bytes(end + [UInt8(ascii: "}")]))
      self.init(pieces: pieces)
    }
  }
}
