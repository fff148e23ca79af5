import RawJSON

/// Runs `body` on the UTF-8 of a text.
func with<Result>(_ text: String, _ body: (RawSpan) -> Result) -> Result {
  with(Array(text.utf8), body)
}

func with<Result>(_ bytes: [UInt8], _ body: (RawSpan) -> Result) -> Result {
  body(bytes.span.bytes)
}

/// The fault that `JSON.validate` finds, or nil.
func fault(_ bytes: [UInt8]) -> JSONError? {
  with(bytes) { span in
    do throws(JSONError) {
      _ = try JSON.validate(span)
      return nil
    } catch {
      return error
    }
  }
}

func fault(_ text: String) -> JSONError? { fault(Array(text.utf8)) }

/// `JSON.equals` for a whole text.
func equals(_ json: String, _ text: StaticString) -> Bool {
  with(json) { JSON.equals(ByteRange(start: 0, end: $0.byteCount), text, in: $0) }
}
