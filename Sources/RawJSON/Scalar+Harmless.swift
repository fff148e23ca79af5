extension Unicode.Scalar {
  /// Whether the scalar may be shown to a person as it is: not if it could move a cursor, steer a
  /// terminal, or hide or reorder text (reliability rows S01 and S14).
  ///
  /// The one rule for logs, errors, the terminal and what the harness prints; how the others are
  /// written is the business of each.
  package var isHarmless: Bool {
    if value < 0x7F { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
      .unassigned:
      return false
    default:
      // Variation selectors show nothing of their own, so they can carry a hidden text.
      return !(0xFE00...0xFE0F).contains(value) && !(0xE0100...0xE01EF).contains(value)
    }
  }
}
