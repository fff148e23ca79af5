/// A key as the JSON Schema and the reference tell it; made by its `Field`.
package struct KeyDescription: Sendable {
  package indirect enum Shape: Sendable {
    /// `pattern` is a regular expression of JSON Schema; lengths are bytes.
    case text(pattern: String?, length: ClosedRange<Int>)
    case boolean
    case integer(ClosedRange<Int>)
    case duration(ClosedRange<Duration>)
    case size(ClosedRange<UInt64>)
    case choice([String])
    case list(Shape)
    /// A mapping with keys of the user's choice.
    case table(keys: String?, Shape)
    case section([KeyDescription])
  }

  package let key: String
  /// One sentence.
  package let about: String
  package let isRequired: Bool
  package let shape: Shape
  /// As it would be written in the file; nil where there is none to show.
  package let defaultText: String?
}

extension KeyDescription.Shape {
  static func text(_ rule: TextRule) -> Self { .text(pattern: rule.pattern, length: rule.length) }
}

extension GatewayConfiguration {
  /// All keys of `gateway.yaml`, in the order of the reference.
  package static var keys: [KeyDescription] { fields.compactMap { $0.describe(defaults) } }
}

extension ServiceManifest {
  /// All keys of a manifest, in the order of the reference.
  package static var keys: [KeyDescription] {
    fields.compactMap { $0.describe(ServiceManifest(name: "", file: "")) }
  }
}
