/// How a URI that two services use is told apart: `memo://one` of service `notes`
/// becomes `memo://switchyard.notes/one`.
///
/// The mark goes behind the scheme and the slashes, so the scheme stays what it was
/// (hosts look at `ui://` and `file://`), the result is a URI again (RFC 3986: a
/// registered name as authority, or a part of the path), and taking the mark out at
/// the same place gives the service's own bytes back. Templates are treated alike.
enum URINamespace {
  private static let mark = Array("switchyard.".utf8)

  /// The URI as clients see it.
  static func adding(_ service: String, to uri: [UInt8]) -> [UInt8] {
    let place = placeOfMark(uri)
    var output = Array(uri[..<place])
    output += mark
    output += service.utf8
    output.append(UInt8(ascii: "/"))
    output += uri[place...]
    return output
  }

  /// The service's name and its own URI; `nil` if the URI carries no mark.
  ///
  /// Upper and lower case are alike in the mark: clients may normalise what looks like a host.
  static func split(_ uri: [UInt8]) -> (service: [UInt8], own: [UInt8])? {
    let place = placeOfMark(uri)
    let rest = uri[place...]
    guard rest.count > mark.count, zip(rest, mark).allSatisfy({ lowercased($0) == $1 }) else {
      return nil
    }
    let name = rest.dropFirst(mark.count).prefix { $0 != UInt8(ascii: "/") }
    guard !name.isEmpty, name.endIndex < uri.endIndex, name.allSatisfy(isNameByte) else {
      return nil
    }
    return (name.map(lowercased), Array(uri[..<place]) + uri[(name.endIndex + 1)...])
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Behind `scheme:` and the two slashes, as far as they are there.
  private static func placeOfMark(_ uri: [UInt8]) -> Int {
    let scheme = uri.prefix(while: isSchemeByte)
    guard scheme.first.map(isLetter) == true, scheme.endIndex < uri.endIndex,
      uri[scheme.endIndex] == UInt8(ascii: ":")
    else { return 0 }
    let place = scheme.endIndex + 1
    return uri[place...].starts(with: "//".utf8) ? place + 2 : place
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte))
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "+-.".utf8.contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "_-".utf8.contains(byte)
  }
}
