import Manifest
import RawJSON

/// The values of one request, sorted by the part they go to and not encoded yet.
///
/// What comes first wins: a value of the manifest is there before an argument of the same name.
struct PlacedValues {
  var path: [RequestParameter] = []
  var query: [RequestParameter] = []
  var headers: [RequestParameter] = []
  var form: [RequestParameter] = []
  /// The body without its envelope; nil if nothing goes there.
  var body: JSONValue?
  var isMultipart = false
  private var files: [RESTRequest.Part] = []

  /// - Parameter names: the text of an argument whose value is a name.
  mutating func add(
    _ value: JSONValue, at place: REST.Place, pointer: String, names: (String) -> String?
  ) throws(RequestBuilder.Refusal) {
    if case .name(let only)? = place.name.first, place.name.count == 1, !place.wraps,
      !place.spreads, place.position != .body
    {
      return append(value, only, place, pointer)
    }
    var name: [String] = []
    for segment in place.name {
      switch segment {
      case .name(let text): name.append(text)
      case .argument(let argument):
        guard let text = names(argument), !text.isEmpty else {
          throw RequestBuilder.Refusal(Violation(at: "/" + argument, "is missing"))
        }
        name.append(text)
      }
    }
    let value = place.wraps ? JSONValue.array([value]) : value
    if place.position == .body {
      return try addToBody(value, at: name, place, pointer)
    }
    guard place.spreads, case .object(let object) = value else {
      return append(value, name.joined(separator: "."), place, pointer)
    }
    for member in object {
      append(member.value, (name + [member.key]).joined(separator: "."), place, pointer)
    }
  }

  private mutating func append(
    _ value: JSONValue, _ name: String, _ place: REST.Place, _ pointer: String
  ) {
    // Null is nothing where only text fits.
    guard !value.isNull else { return }
    let parameter = RequestParameter(
      name: name, value: value, style: place.style, pointer: pointer)
    switch place.position {
    case .path: if !path.contains(named: name) { path.append(parameter) }
    case .query: if !query.contains(named: name) { query.append(parameter) }
    case .header: if !headers.contains(named: name) { headers.append(parameter) }
    case .form: if !form.contains(named: name) { form.append(parameter) }
    case .body: break
    }
  }

  private mutating func addToBody(
    _ value: JSONValue, at name: [String], _ place: REST.Place, _ pointer: String
  ) throws(RequestBuilder.Refusal) {
    if place.spreads {
      guard case .object(let object) = value else {
        if name.isEmpty, body == nil { body = value }
        return
      }
      if body == nil { body = .object(JSONObject()) }
      for member in object { setBody(member.value, at: name + [member.key]) }
      return
    }
    let isJoined = place.style == .comma && value.arrayValue != nil
    let parameter = RequestParameter(
      name: "", value: value, style: place.style, pointer: pointer)
    setBody(isJoined ? .string(try parameter.joined()) : value, at: name)
  }

  /// Sets a member of the body unless something is there already.
  private mutating func setBody(_ value: JSONValue, at names: [String]) {
    var body = body ?? .object(JSONObject())
    body.set(value, at: names[...], replacing: false)
    self.body = body
  }

  mutating func add(
    file argument: String, at place: REST.Place, part: REST.FilePart, names: (String) -> String?
  ) {
    let name = place.name.compactMap { if case .name(let text) = $0 { text } else { nil } }
    let fileName = part.nameArgument.flatMap(names) ?? "file"
    files.append(
      RESTRequest.Part(
        name: name.joined(separator: "."),
        content: .file(
          argument: argument, name: fileName, type: part.typeArgument.flatMap(names))))
  }

  /// The parts of a multipart form; files come last, so that a server knows what they belong to.
  func parts() throws(RequestBuilder.Refusal) -> [RESTRequest.Part] {
    var parts: [RESTRequest.Part] = []
    for parameter in form {
      for text in try parameter.texts() {
        parts.append(RESTRequest.Part(name: parameter.name, content: .text(text)))
      }
    }
    return parts + files
  }
}

/// A value under its name, for a part of a request that takes only text.
struct RequestParameter {
  var name: String
  var value: JSONValue
  var style: REST.ListStyle
  /// Of the argument that it comes from.
  var pointer: String

  /// The value as the texts that stand under the name: one, or one for each item.
  func texts() throws(RequestBuilder.Refusal) -> [String] {
    guard case .array(let elements) = value else { return [value.text] }
    switch style {
    case .comma: return [try joined()]
    case .repeat: return elements.filter { !$0.isNull }.map(\.text)
    case .json: return [value.text]
    }
  }

  /// The items with commas between; an item with a comma would become two.
  func joined() throws(RequestBuilder.Refusal) -> String {
    guard case .array(let elements) = value else { return value.text }
    let texts = elements.map(\.text)
    guard !texts.contains(where: { $0.utf8.contains(UInt8(ascii: ",")) }) else {
      throw RequestBuilder.Refusal(
        Violation(at: pointer, "must not have items with a comma, which separates them"))
    }
    return texts.joined(separator: ",")
  }

  /// The value as a part of a path.
  func segment() throws(RequestBuilder.Refusal) -> String {
    guard let text = value.scalarText, !text.isEmpty else {
      throw RequestBuilder.Refusal(Violation(at: pointer, "must be a text that is not empty"))
    }
    return text
  }

  func asHeader() throws(RequestBuilder.Refusal) -> RESTRequest.Header {
    let text = try texts().joined(separator: ", ")
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw RequestBuilder.Refusal(
        Violation(at: pointer, "goes into a header and must not hold control characters"))
    }
    return RESTRequest.Header(name: name, value: text)
  }

  /// `name=value` pairs, encoded, with `&` between; a comma between items stays one.
  static func text(of parameters: [RequestParameter]) throws(RequestBuilder.Refusal) -> String {
    var output: [UInt8] = []
    for parameter in parameters {
      let isJoined = parameter.style == .comma && parameter.value.arrayValue != nil
      for text in try parameter.texts() {
        if !output.isEmpty { output.append(UInt8(ascii: "&")) }
        PercentEncoding.append(parameter.name, to: &output)
        output.append(UInt8(ascii: "="))
        guard isJoined else {
          PercentEncoding.append(text, to: &output)
          continue
        }
        let items = text.utf8
          .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for (index, item) in items.enumerated() {
          if index > 0 { output.append(UInt8(ascii: ",")) }
          PercentEncoding.append(String(Substring(item)), to: &output)
        }
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}

extension [RequestParameter] {
  func first(named name: String) -> RequestParameter? {
    first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  func contains(named name: String) -> Bool { first(named: name) != nil }
}
