/// Something a client can call.
///
///     Tool("add", "Adds two numbers.",
///       Argument<Double>("a", "The first number."),
///       Argument<Double>("b", "The second number.", default: 0)
///     ) { context, a, b in "\(a + b)" }
///
/// The arguments arrive typed and within their bounds. A call that breaks what was
/// declared is answered before the handler runs, with a result marked as an error
/// that names every violation by JSON pointer, so that a model can correct it.
public struct Tool: Sendable {
  public let name: String
  public let description: String
  let title: String?
  let hints: ToolHints
  let inputSchema: Schema
  let outputSchema: StructuredValue?
  let meta: StructuredValue?
  /// Why the schema cannot be kept; what Swift types declare is kept by them.
  let problem: String?
  let call: @Sendable (CallContext, StructuredValue) async -> ToolResult

  /// Declares a tool.
  ///
  /// - Parameters:
  ///   - name: 1 to 64 of `A-Z a-z 0-9 _ -`.
  ///   - title: a name for people; clients fall back on `name`.
  ///   - hints: what a client may believe about the tool before asking the person.
  ///   - output: the JSON Schema of `ToolResult.structured`, an object; nil when the tool has none.
  ///   - handler: runs in a task of its own, concurrently with other calls. What it
  ///     throws becomes a result marked as an error; `ToolFailure` says it in your words.
  public init<each Value: ArgumentValue>(
    _ name: String, _ description: String, _ arguments: repeat Argument<each Value>,
    title: String? = nil, hints: ToolHints = [], output: StructuredValue? = nil,
    handler: @escaping @Sendable (CallContext, repeat each Value) async throws -> ToolResult
  ) {
    self.name = name
    self.description = description
    self.title = title
    self.hints = hints
    outputSchema = output
    meta = nil
    problem = nil
    var properties: [(String, StructuredValue)] = []
    var required: [StructuredValue] = []
    for argument in repeat each arguments {
      properties.append((argument.name, argument.schema))
      if argument.isRequired { required.append(StructuredValue(argument.name)) }
    }
    inputSchema = Self.schema(properties, required: required)
    let names = properties.map(\.0)
    call = { context, input in
      var reader = ArgumentReader(input, known: names)
      let values = (repeat reader.read(each arguments))
      guard reader.violations.isEmpty else { return .failure(reader.violations.complaint) }
      do {
        return try await handler(context, repeat try (each values).get())
      } catch {
        return .failure("\(error)")
      }
    }
  }

  /// Declares a tool whose arguments a JSON Schema describes.
  ///
  /// - Parameters:
  ///   - input: checked before the handler runs; its defaults are filled in.
  ///   - meta: what `_meta` of the tool says to clients that know it; an object.
  ///   - handler: gets the arguments as an object that fulfils the schema.
  public init(
    _ name: String, _ description: String, input: Schema, title: String? = nil,
    hints: ToolHints = [], output: StructuredValue? = nil, meta: StructuredValue? = nil,
    handler: @escaping @Sendable (CallContext, StructuredValue) async throws -> ToolResult
  ) {
    self.name = name
    self.description = description
    self.title = title
    self.hints = hints
    self.meta = meta
    inputSchema = input
    outputSchema = output
    problem = input.problem
    call = { context, arguments in
      let violations = input.violations(in: arguments)
      guard violations.isEmpty else { return .failure(violations.complaint) }
      do {
        return try await handler(context, input.filled(arguments))
      } catch {
        return .failure("\(error)")
      }
    }
  }

  private static func schema(
    _ properties: [(String, StructuredValue)], required: [StructuredValue]
  ) -> Schema {
    var members: [(String, StructuredValue)] = [
      ("type", "object"), ("properties", StructuredValue(properties)),
    ]
    if !required.isEmpty { members.append(("required", StructuredValue(required))) }
    members.append(("additionalProperties", false))
    return Schema(StructuredValue(members))
  }
}

/// Collects every violation of one call instead of stopping at the first.
private struct ArgumentReader {
  private let input: StructuredValue
  private(set) var violations: [ArgumentViolation] = []

  init(_ input: StructuredValue, known: [String]) {
    self.input = input
    for (name, _) in input.members
    where !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      violations.append(
        ArgumentViolation(
          "unknown argument; known are \(known.joined(separator: ", "))",
          at: Argument<StructuredValue>(name, "").pointer))
    }
  }

  mutating func read<Value>(_ argument: Argument<Value>) -> Result<Value, ArgumentViolation> {
    do {
      return .success(try argument.read(input))
    } catch {
      violations.append(error)
      return .failure(error)
    }
  }

}

extension [ArgumentViolation] {
  /// What the model reads about a call whose arguments break the declaration.
  var complaint: String {
    "The arguments are not what the tool declares.\n" + map { "\($0)" }.joined(separator: "\n")
  }
}

/// What a client may believe about a tool; only hints, never enforced.
public struct ToolHints: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Changes nothing.
  public static let readOnly = ToolHints(rawValue: 1)
  /// May overwrite or delete.
  public static let destructive = ToolHints(rawValue: 2)
  /// Calling it again with the same arguments changes nothing more.
  public static let idempotent = ToolHints(rawValue: 4)
  /// Reaches beyond this machine.
  public static let openWorld = ToolHints(rawValue: 8)
}
