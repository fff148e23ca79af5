import RawJSON
import Testing

@Suite struct ValidationTests {
  @Test(arguments: ["{}", " [1, -0.5e+3 ,true,null] ", #"{"a":{"b":[{}]},"a":1}"#, "\"é€😀\""])
  func `accepts what the grammar allows`(text: String) {
    #expect(fault(text) == nil)
  }
}
