import PluginKit

/// Values of custom fields: checked when they are set, shown with their field.
extension Store {
  /// Takes over what a map from gid to value says; null clears a value.
  func setCustomValues(
    _ values: inout [Gid: StructuredValue], _ given: StructuredValue?
  ) throws(Refusal) {
    for (gid, value) in given?.object ?? [] {
      let field = try require(customField: gid)
      try check(value, for: field)
      if value == .null {
        values.removeValue(forKey: gid)
      } else {
        values[gid] = value
      }
    }
  }

  mutating func setCustomField(_ input: Input) throws(Refusal) -> WorkItem {
    let task = try require(task: input.gid("task_id"))
    var values = task.customValues
    let map: StructuredValue = StructuredValue([
      (input.gid("custom_field_id"), input["value"] ?? .null)
    ])
    try setCustomValues(&values, map)
    tasks.update(task.gid) { $0.customValues = values }
    touch(task.gid)
    return try self.require(task: task.gid)
  }

  private func check(_ value: StructuredValue, for field: CustomField) throws(Refusal) {
    if value == .null { return }
    let isRight =
      switch field.kind {
      case .text: value.string != nil
      case .number: value.double != nil
      case .date: value["date"]?.string.flatMap { Day($0) } != nil
      case .choice: field.options.contains { $0.gid == value.string }
      }
    if isRight { return }
    let expected =
      switch field.kind {
      case .text: "a string"
      case .number: "a number"
      case .date: "an object such as {\"date\": \"2026-11-21\"}"
      case .choice:
        "the gid of an option: "
          + field.options.map { "\($0.gid) (\($0.name))" }.joined(separator: ", ")
      }
    throw .invalid(
      "custom_fields: \(field.gid): \(field.name) cannot be \(value)", help: "Give \(expected).")
  }

  /// As it is shown to people; nil without a value.
  func displayValue(of field: CustomField, _ value: StructuredValue?) -> String? {
    guard let value else { return nil }
    switch field.kind {
    case .text: return value.string
    case .number: return "\(value)"
    case .date: return value["date"]?.string
    case .choice: return field.options.first { $0.gid == value.string }?.name
    }
  }

  /// The fields of an object: those of its projects, and those it has values for.
  func renderCustomFields(
    _ values: [Gid: StructuredValue], of projects: [Project]
  ) -> StructuredValue {
    var gids = projects.flatMap(\.customFields)
    gids += values.keys.sorted().filter { !gids.contains($0) }
    var seen: Set<Gid> = []
    let fields = gids.filter { seen.insert($0).inserted }.compactMap { customFields[$0] }
    return StructuredValue(
      fields.map { field in
        var members = render(field).object?.map { ($0.key, $0.value) } ?? []
        let value = values[field.gid]
        members.append(("\(field.kind.rawValue)_value", value ?? .null))
        members.append(("display_value", .optional(displayValue(of: field, value))))
        return StructuredValue(members)
      })
  }
}
