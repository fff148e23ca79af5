import FuzzDriver
import FuzzProperties

/// Searches for an input on which `EventStreamProperty` does not hold.
@main struct FuzzEventStream {
  static func main() { FuzzDriver.run(EventStreamProperty.violation) }
}
