import RawJSON

/// `text` in single quotes, fit for a message on a terminal (reliability row S14).
///
/// Control characters, separators and everything that changes the direction or
/// the visibility of text are written as `\u{...}`; at most `limit` scalars are shown.
package func quoted(_ text: String, limit: Int = 80) -> String {
  "'" + escaped(text, limit: limit) + "'"
}

/// As `quoted`, without the quotes.
package func escaped(_ text: String, limit: Int = .max) -> String {
  var result = ""
  var shown = 0
  for scalar in text.unicodeScalars {
    if shown == limit { return result + "..." }
    shown += 1
    switch scalar {
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where !scalar.isHarmless: result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
