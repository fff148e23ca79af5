import FuzzDriver
import FuzzProperties

/// Searches for an input on which `EnvelopeProperty` does not hold.
@main struct FuzzEnvelope {
  static func main() { FuzzDriver.run(EnvelopeProperty.violation) }
}
