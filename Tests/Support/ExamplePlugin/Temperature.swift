import PluginKit

enum Unit: String, CaseIterable, ArgumentValue { case celsius, fahrenheit, kelvin }

@main
struct Temperature {
  static let convert = Tool(
    "convert", "Converts a temperature.",
    Argument<Double>("value", "The temperature."),
    Argument<Unit>("from", "Its unit."),
    Argument<Unit>("to", "The unit wanted.", default: .kelvin)
  ) { _, value, from, to in
    let kelvin =
      switch from {
      case .celsius: value + 273.15
      case .fahrenheit: (value - 32) / 1.8 + 273.15
      case .kelvin: value
      }
    if kelvin < 0 { throw ToolFailure("That is colder than anything can be.") }
    return switch to {
    case .celsius: "\(kelvin - 273.15) °C"
    case .fahrenheit: "\((kelvin - 273.15) * 1.8 + 32) °F"
    case .kelvin: "\(kelvin) K"
    }
  }

  static func main() async throws {
    try await Service("temperature", version: "1.0", tools: [convert]).run()
  }
}
