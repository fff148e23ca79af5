import RawJSON
import YAML

/// A step while it is read; exactly one of its kinds is right.
struct StepDraft: Sendable {
  var name: Placed<String>?
  var condition = ConditionDraft()
  var message: String?
  var call: Placed<OperationDraft>?
  var each: Placed<EachDraft>?
  var until: Placed<UntilDraft>?
  var batch: Placed<BatchDraft>?
  var collect: [Row<String>] = []

  static let fields: [Field<StepDraft>] =
    [
      .name("name", \.name, .variable, "What steps.NAME refers to; every step but collect has one.")
    ] + ConditionDraft.fields.map { $0.lifted(to: \.condition) } + [
      .text("message", \.message, .prose, "What progress notifications say; the name if left out."),
      .part(
        "call", \.call, "One request, or all its pages. Its value is the answer.",
        { OperationDraft.fields }, { OperationDraft() }),
      .part(
        "each", \.each, "The same request for each item of a list.", { EachDraft.fields },
        { EachDraft() }),
      .part(
        "until", \.until, "A request that is repeated until the answer says that it is done.",
        { UntilDraft.fields }, { UntilDraft() }),
      .part(
        "batch", \.batch, "Calls of other tools of this service, sent together.",
        { BatchDraft.fields }, { BatchDraft() }),
      .namedTexts("collect", \.collect, "The tool's result: its members and where they come from."),
    ]

  struct EachDraft: Sendable {
    var of: Placed<String>?
    var only: [Placed<FilterDraft>] = []
    var atOnce: Int?
    var into: String?
    var levels: Node?
    var operation = OperationDraft()

    static let fields: [Field<EachDraft>] =
      [
        .name("of", \.of, .foreignName, "The list, such as steps.sections[]."),
        .parts(
          "only", \.only, "Only items that pass every test.", { FilterDraft.fields },
          { FilterDraft() }),
        .whole("at_once", \.atOnce, in: 1...64, "Requests at the same time; 8 if left out."),
        .text("into", \.into, .foreignName, "The member of each item that gets its answer."),
        .node(
          "levels", \.levels,
          "How often the step is done with the items it got: a number, or the name of an argument."),
      ] + OperationDraft.fields.map { $0.lifted(to: \.operation) }
  }

  struct UntilDraft: Sendable {
    var field: Placed<String>?
    var done: Node?
    var failed: Node?
    var every: Duration?
    var atMost: Duration?
    var operation = OperationDraft()

    static let fields: [Field<UntilDraft>] =
      [
        .name("field", \.field, .foreignName, "The member of the answer that decides."),
        .node("done", \.done, "A list of its values at which the step ends."),
        .node("failed", \.failed, "A list of its values at which the call fails."),
        .span(
          "every", \.every, in: .milliseconds(10)...GatewayConfiguration.longest,
          "From an answer to the next request; 1s if left out."),
        .span(
          "at_most", \.atMost, in: .milliseconds(10)...GatewayConfiguration.longest,
          "After this long the last answer is the step's value; 2m if left out."),
      ] + OperationDraft.fields.map { $0.lifted(to: \.operation) }
  }

  struct BatchDraft: Sendable {
    var of: Placed<String>?
    var stop: Placed<String>?
    var atOnce: Int?

    static let fields: [Field<BatchDraft>] = [
      .name("of", \.of, .foreignName, "A list of objects with tool and arguments."),
      .name("stop", \.stop, .foreignName, "An argument that, if true, ends it after a failure."),
      .whole("at_once", \.atOnce, in: 1...64, "Requests at the same time; 1 if left out."),
    ]
  }
}
