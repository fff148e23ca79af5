import Cache
import Loop
import MCP
import RawJSON

/// A call that was answered from memory, as it was written: all of its line but the id.
///
/// Where the next line is the same with another id, nothing of it needs to be read again: it is the
/// same call of the same client, whose key is known. It is kept until anything else comes, because
/// what a line means depends on what came before it (`initialize`, another era). A line with a
/// progress token of its own is another line, and is read like all others.
@EventLoop
final class RepeatedCall {
  /// Bytes of an id that is recognised without a parser; all that clients number with.
  private static let longestID = 15

  let key: ResultCache.Key
  let entry: Catalogue.Entry
  private let catalogue: Catalogue
  private let before: [UInt8]
  private let after: [UInt8]

  init(_ request: Incoming, _ entry: Catalogue.Entry, _ key: ResultCache.Key, in gateway: Gateway) {
    let id = request.envelope.id
    self.key = key
    self.entry = entry
    catalogue = gateway.catalogue
    before = Array(request.line[..<id.start])
    after = Array(request.line[id.end...])
  }

  /// The id of a line that is this call once more; absent if it is not.
  func id(in line: UnsafeRawBufferPointer, of gateway: Gateway) -> ByteRange {
    let range = ByteRange(start: before.count, end: line.count - after.count)
    guard range.count > 0, range.count <= Self.longestID, gateway.catalogue === catalogue,
      holds(before, in: line[..<range.start]), holds(after, in: line[range.end...]),
      Self.isPlain(line[range.start..<range.end])
    else { return .absent }
    return range
  }

  private func holds(_ text: [UInt8], in part: Slice<UnsafeRawBufferPointer>) -> Bool {
    let part = UnsafeRawBufferPointer(rebasing: part)
    return ByteKey.haveEqualBytes(text.span.bytes, part.bytes)
  }

  /// Whether the text is an id as numbers and short names are written, and nothing else: where one
  /// stood in a valid line, another one makes a valid line.
  static func isPlain(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard let first = text.first else { return false }
    if first != UInt8(ascii: "\"") {
      // No number begins with a zero but zero itself.
      return text.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
        && (first != UInt8(ascii: "0") || text.count == 1)
    }
    return text.count > 1 && text.last == first
      && text.dropFirst().dropLast().allSatisfy { byte in
        byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") < 26
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }
}

extension Gateway {
  func answersAgain(_ line: UnsafeRawBufferPointer, of session: ClientSession) -> Bool {
    guard let repeated else { return false }
    if answers(repeated, line, of: session) { return true }
    self.repeated = nil
    return false
  }

  private func answers(
    _ repeated: RepeatedCall, _ line: UnsafeRawBufferPointer, of session: ClientSession
  ) -> Bool {
    guard ending == nil, !wantsSpans, session.ledger.hasRoom else { return false }
    let range = repeated.id(in: line, of: self)
    guard !range.isAbsent else { return false }
    let id = RequestID(scanned: range, in: line.bytes)
    guard !session.ledger.contains(id),
      let result = kept.value(repeated.key, at: EventLoop.turnTime)
    else { return false }
    answer(id, from: result, repeated.entry, bytesIn: line.count, trace: nil)
    return true
  }
}
