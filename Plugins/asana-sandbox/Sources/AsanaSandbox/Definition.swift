import PluginKit

/// What a client sees of a tool. The definitions of all 33 are in `Definition+...`;
/// they say the same as `manifests/asana.yaml`, which a test compares.
package struct Definition: Sendable {
  /// What a call may do, as the hints of MCP.
  enum Effect: Sendable {
    case reads, creates, adds, changes, anything

    var hints: ToolHints {
      switch self {
      case .reads: [.readOnly, .idempotent, .openWorld]
      case .creates: [.openWorld]
      case .adds: [.idempotent, .openWorld]
      case .changes: [.destructive, .idempotent, .openWorld]
      case .anything: [.destructive, .openWorld]
      }
    }
  }

  package let name: String
  let description: String
  let effect: Effect
  let parameters: [Parameter]
  /// The fields of an answer when the call does not choose; nil shows everything. The default
  /// of `opt_fields`, if there is such an argument.
  let fields: String?
  /// If not empty, one of these arguments must be given.
  let anyOf: [String]
  /// Whether `asana_batch_operations` may call it.
  let isBatchable: Bool

  init(
    _ name: String, _ description: String, _ effect: Effect, _ parameters: [Parameter],
    fields: String? = nil, anyOf: [String] = [], isBatchable: Bool = true
  ) {
    self.name = "asana_" + name
    self.description = description
    self.effect = effect
    let standard = fields.map { fields in
      StructuredValue(fields.split(separator: ",").map { StructuredValue(String($0)) })
    }
    self.parameters = parameters.map { parameter in
      guard parameter.name.hasPrefix("opt_fields"), let standard else { return parameter }
      return parameter.standard(standard)
    }
    self.fields = fields
    self.anyOf = anyOf
    self.isBatchable = isBatchable
  }

  var schema: Schema {
    var members: [(String, StructuredValue)] = [
      ("type", "object"), ("properties", StructuredValue(parameters.map { ($0.name, $0.schema) })),
    ]
    let required = parameters.filter(\.isRequired).map { StructuredValue($0.name) }
    if !required.isEmpty { members.append(("required", StructuredValue(required))) }
    members.append(("additionalProperties", false))
    return Schema(StructuredValue(members + rules))
  }

  /// The rules between arguments. One that must be given carries those of the whole call.
  private var rules: [(String, StructuredValue)] {
    var required: [(String, StructuredValue)] = []
    var schemas: [(String, StructuredValue)] = []
    let carrier = parameters.first(where: \.isRequired)?.name
    for parameter in parameters {
      var rules: [(String, StructuredValue)] = []
      if !parameter.excluded.isEmpty {
        rules.append(("not", ["required": StructuredValue(parameter.excluded.map { .init($0) })]))
      }
      if parameter.needed.count > 1 { rules.append(("anyOf", Self.one(of: parameter.needed))) }
      if parameter.needed.count == 1 {
        required.append((parameter.name, StructuredValue(parameter.needed.map { .init($0) })))
      }
      if parameter.name == carrier, !anyOf.isEmpty { rules.append(("anyOf", Self.one(of: anyOf))) }
      if !rules.isEmpty { schemas.append((parameter.name, StructuredValue(rules))) }
    }
    return (required.isEmpty ? [] : [("dependentRequired", StructuredValue(required))])
      + (schemas.isEmpty ? [] : [("dependentSchemas", StructuredValue(schemas))])
  }

  private static func one(of names: [String]) -> StructuredValue {
    StructuredValue(names.map { ["required": [StructuredValue($0)]] })
  }

  /// What a call wants to see of an answer.
  func selection(_ input: Input, argument: String = "opt_fields") -> FieldSelection {
    FieldSelection(input.texts(argument) ?? fields.map { [$0] } ?? [])
  }
}

// The usual fields of answers.
extension Definition {
  static let projectSummary =
    "name,archived,color,owner.name,team.name,due_on,modified_at,permalink_url"
  static let projectDetails =
    projectSummary
    + ",notes,default_view,privacy_setting,start_on,completed,members.name,workspace.name"
    + ",current_status_update.title,created_at"
  static let taskSummary =
    "name,resource_subtype,completed,assignee.name,due_on,num_subtasks,permalink_url"
  static let taskDetails =
    "name,resource_subtype,notes,completed,completed_at,assignee.name,due_on,due_at,start_on"
    + ",parent.name,projects.name,memberships.project.name,memberships.section.name,tags.name"
    + ",followers.name,num_subtasks,custom_fields.name,custom_fields.display_value,created_at"
    + ",modified_at,permalink_url"
  static let jobFields = "resource_subtype,status,new_project.name"
}
