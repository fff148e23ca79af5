package import RawJSON

extension REST {
  /// An argument of a tool.
  package struct Argument: Sendable {
    package var name: String
    package var type = ValueType()
    package var isRequired = false
    /// What is used when the call gives none: `default`, or the value of `default_from`.
    package var fallback: JSONValue?
    /// Whether `fallback` is told in the tool's schema: yes for `default`, not for `default_from`.
    package var showsFallback = false
    /// The name in `config` that gives `fallback`, for messages about its absence.
    package var configName: String?
    /// Arguments that, when given, leave this one without its fallback.
    package var fallbackUnless: [String] = []
    /// Where it goes; nil is nowhere by itself (`in: none`), for references and conditions.
    /// With `steps`, places belong to the first step.
    package var place: Place?
    /// Arguments that must not be given together with this one.
    package var notWith: [String] = []
    /// If not empty, one of these must have a value when this one is given.
    package var needs: [String] = []

    package init(name: String) { self.name = name }
  }

  /// The part of a request that a value becomes.
  package enum Position: String, CaseIterable, Sendable { case path, query, header, body, form }

  /// Where a value goes, under which name and in which shape.
  package struct Place: Hashable, Sendable {
    package enum Segment: Hashable, Sendable {
      case name(String)
      /// The value of an argument of type string or integer becomes the name.
      case argument(String)
    }

    package var position: Position
    /// In a body, members of objects in each other; elsewhere one name with dots between.
    /// Empty in a body with `spreads`: the value is the whole body, or its members join it.
    package var name: [Segment]
    /// Whether the members of an object go there by themselves, `name.KEY` each (`as: name.*`).
    package var spreads = false
    package var style: ListStyle
    /// Whether the value is put into an array of one.
    package var wraps = false
    /// If set, the value is the content of a file in a multipart form, in base64.
    package var file: FilePart?

    package init(position: Position, name: [Segment]) {
      self.position = position
      self.name = name
      style = position == .body ? .json : .comma
    }
  }

  /// How a list is written where only text fits, and in a body if it is not `json`.
  package enum ListStyle: String, CaseIterable, Sendable {
    /// `a,b`
    case comma
    /// The name once for each item; in a body, as `json`.
    case `repeat`
    /// A JSON array; in a query or form, its text.
    case json
  }

  /// The arguments that say what a file is called and what it is.
  package struct FilePart: Hashable, Sendable {
    /// The argument that holds the file's name.
    package var nameArgument: String?
    /// The argument that holds the media type; `application/octet-stream` without.
    package var typeArgument: String?

    package init() {}
  }
}

/// The type of a value, as the JSON Schema of a tool tells it and as calls are checked.
package struct ValueType: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case string, integer, number, boolean, array, object, any
  }

  package enum Format: String, CaseIterable, Sendable {
    case date
    case dateTime = "date-time"
    case time, uri, email, uuid
    case base64
  }

  package var kind = Kind.any
  package var description: String?
  /// Whether null is accepted beside the kind; in a body it clears the member.
  package var isNullable = false
  /// If not empty, the only values accepted.
  package var choices: [JSONValue] = []
  package var pattern: TextPattern?
  package var format: Format?
  package var minimum: Double?
  package var maximum: Double?
  /// Characters (Unicode scalars) of a string.
  package var length: ClosedRange<Int>?
  /// Items of an array.
  package var count: ClosedRange<Int>?
  /// Of an array's items; one element or none. An array without takes anything.
  package var items: [ValueType] = []
  /// Members of an object that are known by name, in the order of the file.
  package var properties: [Property] = []
  /// The type of an object's other members; one element or none.
  package var values: [ValueType] = []
  /// Whether an object may have members that are not in `properties`.
  package var isOpen = true
  package var examples: [JSONValue] = []

  package init(_ kind: Kind = .any) { self.kind = kind }

  package struct Property: Sendable {
    package var name: String
    package var type: ValueType
    package var isRequired: Bool

    package init(name: String, type: ValueType, isRequired: Bool) {
      self.name = name
      self.type = type
      self.isRequired = isRequired
    }
  }
}
