package import PluginKit

/// A definition together with what a call does.
package struct SandboxTool: Sendable {
  package let definition: Definition
  /// The schema of the answer.
  package let output: StructuredValue
  /// The answer as data, always an object.
  let run: @Sendable (Sandbox, Input, CallContext) async throws -> StructuredValue
  /// The same without a context, for calls in a batch; nil for what a batch may not hold.
  let runAtOnce: (@Sendable (Sandbox, Input) throws(Refusal) -> StructuredValue)?

  /// A tool that takes its time and reports how far it is.
  init(
    _ definition: Definition, output: StructuredValue = Answers.record,
    slowly run: @escaping @Sendable (Sandbox, Input, CallContext) async throws -> StructuredValue
  ) {
    self.definition = definition
    self.output = output
    self.run = run
    runAtOnce = nil
  }

  /// A tool that shows or changes one thing; `work` returns it with all its fields.
  init(
    _ definition: Definition,
    one work: @escaping @Sendable (inout Store, Input) throws(Refusal) -> StructuredValue
  ) {
    let runAtOnce: @Sendable (Sandbox, Input) throws(Refusal) -> StructuredValue = {
      (sandbox, input) throws(Refusal) in
      let value = try sandbox.step { store throws(Refusal) in try work(&store, input) }
      return definition.selection(input).apply(to: value)
    }
    self.definition = definition
    output = Answers.record
    self.runAtOnce = runAtOnce
    run = { sandbox, input, _ in try runAtOnce(sandbox, input) }
  }

  /// A tool that lists; `work` returns all items, with all their fields.
  init(
    _ definition: Definition,
    list work: @escaping @Sendable (Store, Input) throws(Refusal) -> [StructuredValue]
  ) {
    self.definition = definition
    output = Answers.list(of: Answers.record)
    runAtOnce = { (sandbox, input) throws(Refusal) in
      let pages = try Pages(definition, sandbox, input, work)
      return try pages.read { _ in }
    }
    run = { sandbox, input, context in
      let pages = try Pages(definition, sandbox, input, work)
      return try pages.read { count in
        context.report(Double(count), message: "\(count) items")
      }
    }
  }

  func tool(in sandbox: Sandbox) -> Tool {
    Tool(
      definition.name, definition.description, input: definition.schema,
      hints: definition.effect.hints, output: output, meta: definition.meta
    ) { context, arguments in
      do {
        let value = try await run(sandbox, Input(arguments), context)
        return .structured(value, text: "\(value)")
      } catch let refusal as Refusal {
        return refusal.result
      }
    }
  }
}

/// A list that is read page by page until `max_items` are there.
private struct Pages {
  private let definition: Definition
  private let sandbox: Sandbox
  private let input: Input
  private let work: @Sendable (Store, Input) throws(Refusal) -> [StructuredValue]

  init(
    _ definition: Definition, _ sandbox: Sandbox, _ input: Input,
    _ work: @escaping @Sendable (Store, Input) throws(Refusal) -> [StructuredValue]
  ) throws(Refusal) {
    self.definition = definition
    self.sandbox = sandbox
    self.input = input
    self.work = work
  }

  /// - Parameter told: gets the number of items after each page.
  func read(_ told: (Int) -> Void) throws(Refusal) -> StructuredValue {
    let most = input.integer("max_items") ?? input.integer("limit") ?? 200
    let selection = definition.selection(input)
    var items: [StructuredValue] = []
    var next = input.text("offset")
    repeat {
      let offset = next
      let limit = min(input.integer("limit") ?? 100, most - items.count)
      let page = try sandbox.step { store throws(Refusal) in
        try Page(of: try work(store, input), from: offset, limit: limit)
      }
      items += page.items.map { selection.apply(to: $0) }
      next = page.next
      told(items.count)
    } while next != nil && items.count < most
    var members: [(String, StructuredValue)] = [("items", StructuredValue(items))]
    if let next { members.append(("next", StructuredValue(next))) }
    return StructuredValue(members)
  }
}
