import RawJSON
import Testing

@testable import Gateway

@Suite struct SingleFlightTests {
  private func key(_ text: String) -> ByteKey { ByteKey(Array(text.utf8)) }

  @Test func `equal calls wait for the one that is under way`() {
    var flight = SingleFlight<Int>()
    #expect(!flight.isUnderWay(key("k")))
    flight.begin(key("k"))
    flight.join(key("k"), 1)
    flight.join(key("k"), 2)
    #expect(flight.isUnderWay(key("k")) && !flight.isUnderWay(key("l")))
    let waiting = flight.end(key("k"))
    #expect(waiting == [1, 2] && !flight.isUnderWay(key("k")))
  }
}
