import MCP
import RawJSON

/// What a scan of one line makes of it.
enum Scanned {
  case message(Envelope)
  case refused(EnvelopeError)
}

func scan(_ bytes: [UInt8]) -> Scanned {
  do throws(EnvelopeError) {
    return .message(try Envelope.scan(bytes.span.bytes))
  } catch {
    return .refused(error)
  }
}

/// A line and its envelope; the members are asked for as text.
struct Line {
  let bytes: [UInt8]
  let envelope: Envelope

  init(_ text: String) throws {
    let line = Array(text.utf8)
    bytes = line
    envelope = try Envelope.scan(line.span.bytes)
  }

  /// The bytes of a member, nil if it is absent.
  func callAsFunction(_ member: KeyPath<Envelope, ByteRange>) -> String? {
    let range = envelope[keyPath: member]
    if range.isAbsent { return nil }
    return String(decoding: JSON.copy(range, in: bytes.span.bytes), as: UTF8.self)
  }
}

/// The error of a line that must have one, and the id that it carries.
func refusal(_ text: String) -> (error: EnvelopeError, id: String?)? {
  refusal(Array(text.utf8))
}

func refusal(_ bytes: [UInt8]) -> (error: EnvelopeError, id: String?)? {
  guard case .refused(let error) = scan(bytes) else { return nil }
  if error.id.isAbsent { return (error, nil) }
  return (error, String(decoding: JSON.copy(error.id, in: bytes.span.bytes), as: UTF8.self))
}
