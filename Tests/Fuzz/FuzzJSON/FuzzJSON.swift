import FuzzDriver
import FuzzProperties

/// Searches for an input on which `ScanProperty` does not hold.
@main struct FuzzJSON {
  static func main() { FuzzDriver.run(ScanProperty.violation) }
}
