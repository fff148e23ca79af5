// The service that comes with Switchyard, so that there is something to call
// without a network or an account. It shows what PluginKit offers: typed
// arguments, structured results, progress, cancelling, a prompt and a resource.

import PluginKit

@main
struct Demo {
  static func main() async throws {
    try await Service(
      "switchyard-demo", version: "0.1.0", title: "Demo",
      instructions: "A few harmless tools for trying out a client or the gateway.",
      tools: [echo, add, roll, countdown], prompts: [introduction], resources: [manual]
    ).run()
  }

  static let echo = Tool(
    "echo", "Returns the text it was given.",
    Argument<String>("text", "What to say.", length: 0...100_000),
    hints: [.readOnly, .idempotent]
  ) { _, text in .text(text) }

  static let add = Tool(
    "add", "Adds two numbers.",
    Argument<Double>("a", "The first number."),
    Argument<Double>("b", "The second number."),
    hints: [.readOnly, .idempotent],
    output: [
      "type": "object", "properties": ["sum": ["type": "number"]], "required": ["sum"],
    ]
  ) { _, a, b in
    let sum = StructuredValue(a + b)
    return .structured(["sum": sum], text: "\(sum)")
  }

  static let roll = Tool(
    "roll", "Rolls dice.",
    Argument<Int>("dice", "How many dice.", in: 1...100, default: 2),
    Argument<Int>("sides", "How many sides each of them has.", in: 2...1000, default: 6),
    hints: .readOnly,
    output: [
      "type": "object",
      "properties": [
        "dice": ["type": "array", "items": ["type": "integer"]], "total": ["type": "integer"],
      ],
      "required": ["dice", "total"],
    ]
  ) { _, dice, sides in
    let rolled = (0..<dice).map { _ in Int.random(in: 1...sides) }
    let total = rolled.reduce(0, +)
    let list = StructuredValue(rolled.map { StructuredValue($0) })
    return .structured(
      ["dice": list, "total": StructuredValue(total)],
      text: rolled.map { "\($0)" }.joined(separator: " + ") + " = \(total)")
  }

  static let countdown = Tool(
    "countdown", "Counts down to zero and reports each step as progress.",
    Argument<Int>("steps", "How many steps to take.", in: 1...1000, default: 5),
    Argument<Double>("seconds", "How long all steps take together.", in: 0...3600, default: 5),
    hints: .readOnly
  ) { context, steps, seconds in
    for step in 0..<steps {
      context.report(Double(step), of: Double(steps), message: "\(steps - step)")
      try await Task.sleep(for: .seconds(seconds / Double(steps)))
    }
    context.report(Double(steps), of: Double(steps), message: "0")
    return "Lift-off after \(steps) steps."
  }

  static let introduction = Prompt(
    "introduction", "Asks for an introduction to a topic, using the demo's tools.",
    PromptArgument("topic", "What to introduce."),
    PromptArgument("reader", "For whom; everybody if left out.", isRequired: false)
  ) { _, arguments in
    let reader = arguments["reader"] ?? "everybody"
    return [.user("Introduce \(arguments["topic"] ?? "yourself") to \(reader) in three sentences.")]
  }

  static let manual = Resource(
    "demo://manual", name: "manual", "What the demo offers.", mimeType: "text/markdown"
  ) { _ in
    """
    # Demo

    - `echo` returns a text, `add` adds two numbers, `roll` rolls dice.
    - `countdown` takes its time and reports progress; cancel it to see it stop.
    """
  }
}
