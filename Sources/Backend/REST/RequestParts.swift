import Manifest
import RawJSON

/// One request before it is written: each value at its position, nothing encoded yet.
///
/// Values are only ever put where their place says. Text becomes part of a path, a query or a
/// header by `RequestText`, which encodes it there or refuses it; a body is built as a tree.
struct RequestParts {
  struct QueryItem {
    var name: String
    var value: JSONValue
    var style: REST.ListStyle
  }

  let operation: REST.Operation
  var path: [(name: String, value: JSONValue)] = []
  var query: [QueryItem] = []
  var headers: [(name: String, value: JSONValue)] = []
  /// nil as long as nothing goes there.
  var body: JSONValue?
  var form: [(name: String, value: JSONValue, style: REST.ListStyle)] = []
  var file: (name: String, part: REST.FilePart)?

  init(_ operation: REST.Operation) { self.operation = operation }

  /// Puts a value at a place.
  ///
  /// - Parameter argument: the value of an argument, for names that an argument gives.
  mutating func put(
    _ value: JSONValue, at place: REST.Place, argument: (String) -> JSONValue?
  ) {
    let value: JSONValue = place.wraps ? .array([value]) : value
    let names = place.name.map { segment -> String in
      switch segment {
      case .name(let name): name
      case .argument(let name): argument(name)?.stringValue ?? argument(name).map { "\($0)" } ?? ""
      }
    }
    let name = names.joined(separator: ".")
    if place.position == .body { return putIntoBody(value, at: names, place) }
    if place.file != nil { return file = (name, place.file ?? REST.FilePart()) }
    // Only a body has a way to say null.
    if value.isNull { return }
    if place.spreads, case .object(let object) = value {
      for member in object {
        put(member.value, named: name.isEmpty ? member.key : name + "." + member.key, place)
      }
      return
    }
    put(value, named: name, place)
  }

  private mutating func put(_ value: JSONValue, named name: String, _ place: REST.Place) {
    switch place.position {
    case .path:
      guard operation.path.parameters.contains(where: { $0.utf8.elementsEqual(name.utf8) }),
        !path.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
      else { return }
      path.append((name, value))
    case .query:
      guard !query.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return }
      query.append(QueryItem(name: name, value: value, style: place.style))
    case .header:
      guard !headers.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return }
      headers.append((name, value))
    case .form:
      guard !form.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return }
      form.append((name, value, place.style))
    case .body: break
    }
  }

  private mutating func putIntoBody(_ value: JSONValue, at names: [String], _ place: REST.Place) {
    var value = value
    if place.style == .comma, case .array(let elements) = value, !place.wraps {
      value = .string(elements.map { RequestText.plain($0) }.joined(separator: ","))
    }
    if place.spreads, case .object(let object) = value {
      for member in object {
        body = Self.setting(member.value, at: (names + [member.key])[...], in: body)
      }
      // An object without members still says that there is one.
      if object.isEmpty, body == nil { body = .object(JSONObject()) }
      return
    }
    body = Self.setting(value, at: names[...], in: body)
  }

  /// `tree` with a value at the end of a path of members; what is there already stays.
  static func setting(
    _ value: JSONValue, at path: ArraySlice<String>, in tree: JSONValue?
  ) -> JSONValue {
    guard let key = path.first else { return tree ?? value }
    var object = tree?.objectValue ?? JSONObject()
    object[key] = setting(value, at: path.dropFirst(), in: object[key])
    return .object(object)
  }
}

/// How text stands in the parts of a request (RFC 3986, RFC 9110).
enum RequestText {
  /// A value as plain text: strings without quotes, everything else as JSON.
  static func plain(_ value: JSONValue) -> String { value.stringValue ?? "\(value)" }

  /// Percent-encoded, but for unreserved characters (RFC 3986, 2.3).
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var output: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        output.append(byte)
      default: output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The pairs that a value of a query or form becomes, encoded.
  static func pairs(_ name: String, _ value: JSONValue, _ style: REST.ListStyle) -> [String] {
    let key = encoded(name)
    guard case .array(let elements) = value else { return ["\(key)=\(encoded(plain(value)))"] }
    switch style {
    case .comma:
      let items = elements.map { encoded(plain($0)) }
      return items.isEmpty ? [] : ["\(key)=\(items.joined(separator: ","))"]
    case .repeat: return elements.map { "\(key)=\(encoded(plain($0)))" }
    case .json: return ["\(key)=\(encoded("\(value)"))"]
    }
  }

  /// Whether a text may be the value of a header: no control characters but the tab.
  static func isHeaderValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
  }
}
