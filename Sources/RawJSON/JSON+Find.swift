// Looking things up in bytes that `validate`, a cursor or an envelope scan has
// already accepted. On other bytes the answers are meaningless but harmless.

extension JSON {
  /// The value of the first member called `key`; absent if there is none or `object` is no object.
  ///
  /// Keys are compared decoded: `"\u0069d"` is `id`.
  package static func member(
    _ key: StaticString, of object: ByteRange, in bytes: RawSpan
  ) -> ByteRange {
    var found = ByteRange.absent
    walk(object, in: bytes) { name, value in
      guard equals(name, key, in: bytes) else { return true }
      found = value
      return false
    }
    return found
  }

  /// Calls `body` with the key (quotes included) and the value of every member, in order.
  ///
  /// Nothing happens if `object` is no object.
  package static func forEachMember<Failure: Error>(
    of object: ByteRange, in bytes: RawSpan,
    _ body: (_ key: ByteRange, _ value: ByteRange) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    walk(object, in: bytes) { name, value in
      do throws(Failure) { try body(name, value) } catch { failure = error }
      return failure == nil
    }
    if let failure { throw failure }
  }

  /// Calls `body` with the range of every element, in order; nothing happens if `array` is no
  /// array.
  package static func forEachElement<Failure: Error>(
    of array: ByteRange, in bytes: RawSpan,
    _ body: (ByteRange) throws(Failure) -> Void
  ) throws(Failure) {
    guard array.count > 0, array.fits(in: bytes.byteCount) else { return }
    var cursor = JSONCursor(at: array.start)
    guard cursor.peek(in: bytes) == UInt8(ascii: "["),
      (try? cursor.beginArray(in: bytes)) == true
    else { return }
    repeat {
      guard let value = try? cursor.value(in: bytes) else { return }
      try body(value)
    } while (try? cursor.anotherElement(in: bytes)) == true
  }

  /// Visits members until `body` answers false.
  static func walk(
    _ object: ByteRange, in bytes: RawSpan, _ body: (ByteRange, ByteRange) -> Bool
  ) {
    guard object.count > 0, object.fits(in: bytes.byteCount) else { return }
    var cursor = JSONCursor(at: object.start)
    guard cursor.peek(in: bytes) == UInt8(ascii: "{"),
      (try? cursor.beginObject(in: bytes)) == true
    else { return }
    repeat {
      guard let key = try? cursor.key(in: bytes), let value = try? cursor.value(in: bytes) else {
        return
      }
      guard body(key, value) else { return }
    } while (try? cursor.anotherMember(in: bytes)) == true
  }
}
