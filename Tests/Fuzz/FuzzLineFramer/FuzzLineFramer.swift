import FuzzDriver
import FuzzProperties

/// Searches for an input on which `FramerProperty` does not hold.
@main struct FuzzLineFramer {
  static func main() { FuzzDriver.run(FramerProperty.violation) }
}
