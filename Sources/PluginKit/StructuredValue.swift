import RawJSON

/// A JSON value: an argument of any shape, a schema, or what a tool returns as data.
///
/// Write it as literals; objects keep the order in which they are written.
public struct StructuredValue: Hashable, Sendable {
  let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  /// `null`
  public static let null = StructuredValue(JSONValue.null)

  /// The member of an object, or nil.
  public subscript(key: String) -> StructuredValue? { json[key].map { StructuredValue($0) } }

  /// The element of an array, or nil.
  public subscript(index: Int) -> StructuredValue? { json[index].map { StructuredValue($0) } }

  /// The text when this is a string.
  public var string: String? { json.stringValue }

  /// The number when this is one that fits; `3.0` is the integer 3, as JSON Schema says.
  public var integer: Int? {
    if let integer = json.intValue { return Int(exactly: integer) }
    return json.doubleValue.flatMap { Int(exactly: $0) }
  }

  /// The number when this is one, rounded to the nearest double.
  public var double: Double? { json.doubleValue }

  /// The truth value when this is one.
  public var bool: Bool? { json.boolValue }

  /// The elements when this is an array.
  public var array: [StructuredValue]? { json.arrayValue?.map { StructuredValue($0) } }

  /// The members in their order when this is an object.
  public var object: [(key: String, value: StructuredValue)]? {
    json.objectValue?.map { ($0.key, StructuredValue($0.value)) }
  }

  /// An array of values.
  public init(_ values: [StructuredValue]) { json = .array(values.map(\.json)) }

  /// An object; a key that stands twice keeps its first place and its last value.
  public init(_ members: [(String, StructuredValue)]) {
    var object = JSONObject()
    for (key, value) in members { object[key] = value.json }
    json = .object(object)
  }

  public init(_ text: String) { json = .string(text) }
  public init(_ number: Int) { json = JSONValue(integerLiteral: number) }
  public init(_ truth: Bool) { json = .bool(truth) }

  /// A number; infinities and NaN, which JSON cannot write, become `null`.
  public init(_ number: Double) {
    json = (try? JSONValue(parsing: Array(number.jsonText.utf8))) ?? .null
  }
}

extension StructuredValue: CustomStringConvertible {
  /// The value as JSON on one line.
  public var description: String { String(decoding: json.serialized(), as: UTF8.self) }
}

extension StructuredValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self.init(value) }
  public init(integerLiteral value: Int) { self.init(value) }
  public init(floatLiteral value: Double) { self.init(value) }
  public init(booleanLiteral value: Bool) { self.init(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: StructuredValue...) { self.init(elements) }
  public init(dictionaryLiteral elements: (String, StructuredValue)...) { self.init(elements) }
}

extension Double {
  /// The number as JSON writes it: whole numbers without a fraction, `null` if it is not finite.
  var jsonText: String {
    guard isFinite else { return "null" }
    if let whole = Int64(exactly: self), abs(self) < 9_007_199_254_740_992 { return "\(whole)" }
    return "\(self)"
  }
}

extension StructuredValue {
  /// The members of an object in their order; empty for everything else.
  var members: [(String, StructuredValue)] {
    json.objectValue?.map { ($0.key, StructuredValue($0.value)) } ?? []
  }
}
