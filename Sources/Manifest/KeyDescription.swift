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
    /// Any scalar, list or mapping, which becomes JSON.
    case json
    /// Written in one of several ways.
    case either([Shape])
    /// A list of mappings with these keys.
    case sections([KeyDescription])
    /// A mapping from names of the user's choice to mappings with these keys.
    case sectionTable(keys: String?, [KeyDescription])
    /// The type of a value: a word, or a mapping with the keys of `REST.typeKeys`.
    case type
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

extension REST {
  /// All keys of a manifest of an HTTP API, in the order of the reference.
  package static var keys: [KeyDescription] {
    RESTManifestDraft.fields.compactMap {
      $0.describe(RESTManifestDraft(manifest: ServiceManifest(name: "", file: "")))
    }
  }

  /// The keys of a type, wherever a key has the shape `type`.
  package static var typeKeys: [KeyDescription] {
    TypeDraft.propertyFields.compactMap { $0.describe(TypeDraft()) }
  }
}
