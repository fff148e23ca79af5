import FuzzProperties
import RawJSON
import Testing

/// JSONTestSuite (Nicolas Seriot, MIT) is data beside the repository, not in it.
private let corpus = SharedCorpus.files("corpora/json-test-suite/test_parsing")

@Suite(.enabled(if: corpus != nil, "JSONTestSuite is not in ../shared"))
struct JSONTestSuiteTests {
  private func files(_ kind: String) -> [String: [UInt8]] {
    (corpus ?? [:]).filter { $0.key.hasPrefix(kind) }
  }

  @Test func `accepts every text that must be accepted`() {
    let files = files("y_")
    #expect(files.count == 95)
    for (name, text) in files { #expect(fault(text) == nil, "\(name)") }
  }

  @Test func `C01: refuses every text that must be refused`() {
    let files = files("n_")
    #expect(files.count == 188)
    for (name, text) in files { #expect(fault(text) != nil, "\(name)") }
  }

  @Test func `decides every open case as the table says`() {
    let files = files("i_")
    #expect(Set(files.keys) == Set(decisions.keys.map { "i_\($0).json" }))
    for (name, decision) in decisions {
      guard let text = files["i_\(name).json"] else { continue }
      #expect(fault(text)?.reason == decision, "\(name)")
    }
  }

  /// What the grammar leaves open: nil is accepted, and why the others are refused.
  ///
  /// Numbers of any size and lone surrogate escapes are passed on as they are, since we do not
  /// compute with the one nor decode the other. What is not UTF-8 is not JSON (RFC 8259 section
  /// 8.1). 500 levels are more than `JSON.maximumDepth`.
  private let decisions: [String: JSONError.Reason?] = [
    "number_double_huge_neg_exp": nil,
    "number_huge_exp": nil,
    "number_neg_int_huge_exp": nil,
    "number_pos_double_huge_exp": nil,
    "number_real_neg_overflow": nil,
    "number_real_pos_overflow": nil,
    "number_real_underflow": nil,
    "number_too_big_neg_int": nil,
    "number_too_big_pos_int": nil,
    "number_very_big_negative_int": nil,
    "object_key_lone_2nd_surrogate": nil,
    "string_1st_surrogate_but_2nd_missing": nil,
    "string_1st_valid_surrogate_2nd_invalid": nil,
    "string_incomplete_surrogate_and_escape_valid": nil,
    "string_incomplete_surrogate_pair": nil,
    "string_incomplete_surrogates_escape_valid": nil,
    "string_invalid_lonely_surrogate": nil,
    "string_invalid_surrogate": nil,
    "string_inverted_surrogates_U+1D11E": nil,
    "string_lone_second_surrogate": nil,
    "string_UTF-8_invalid_sequence": .badUTF8,
    "string_UTF8_surrogate_U+D800": .badUTF8,
    "string_invalid_utf-8": .badUTF8,
    "string_iso_latin_1": .badUTF8,
    "string_lone_utf8_continuation_byte": .badUTF8,
    "string_not_in_unicode_range": .badUTF8,
    "string_overlong_sequence_2_bytes": .badUTF8,
    "string_overlong_sequence_6_bytes": .badUTF8,
    "string_overlong_sequence_6_bytes_null": .badUTF8,
    "string_truncated-utf-8": .badUTF8,
    "string_UTF-16LE_with_BOM": .unexpectedByte(0xFF),
    "string_utf16BE_no_BOM": .unexpectedByte(0),
    "string_utf16LE_no_BOM": .unexpectedByte(0),
    "structure_500_nested_arrays": .tooDeep,
    "structure_UTF-8_BOM_empty_object": .byteOrderMark,
  ]
}
