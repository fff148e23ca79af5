package import RawJSON

extension REST {
  /// One part of a tool that needs several requests.
  package struct Step: Sendable {
    /// Unique in the tool; what `steps.NAME` and `counts.NAME` refer to.
    package var name: String
    /// The step is left out unless this holds.
    package var condition: Condition?
    /// What progress notifications say while it runs; nil says its name.
    package var message: String?
    package var action: Action

    package init(name: String, action: Action) {
      self.name = name
      self.action = action
    }

    package enum Action: Sendable {
      /// One request, or all pages of one. Its value is the answer.
      case call(Operation)
      case each(Each)
      case until(Until)
      case batch(Batch)
      /// The tool's result, put together; always the last step.
      case collect([Member])
    }

    /// The same request for each item of a list.
    package struct Each: Sendable {
      /// The items, such as `steps.sections[]`; lists in lists are one list.
      package var of: Reference
      /// Only items that pass all of these.
      package var only: [Filter] = []
      /// `item` in its references is the item.
      package var operation: Operation
      /// Requests at the same time.
      package var atOnce = 8
      /// The member of each item that gets its answer; nil makes the step's value the list of
      /// answers, in the order of the items.
      package var into: String?
      /// How often the step is done again with the items it got; 1 is once.
      package var levels = Count.fixed(1)

      package init(of: Reference, operation: Operation) {
        self.of = of
        self.operation = operation
      }
    }

    /// A request that is repeated until the answer says that something has ended.
    package struct Until: Sendable {
      package var operation: Operation
      /// The member of the answer that decides.
      package var field: ValuePath
      /// Its values at which the step ends well.
      package var done: [JSONValue]
      /// Its values at which the call fails.
      package var failed: [JSONValue] = []
      /// From one answer to the next request.
      package var every = Duration.seconds(1)
      /// After this long the step ends with the last answer.
      package var atMost = Duration.seconds(120)

      package init(operation: Operation, field: ValuePath, done: [JSONValue]) {
        self.operation = operation
        self.field = field
        self.done = done
      }
    }

    /// Calls of this service's tools with `batch: true`, by the service's batch endpoint or, if
    /// it has none, beside each other. Its value is a list of objects with `index`, `tool`,
    /// `status_code`, and `data` or `errors`, in the order of the calls.
    package struct Batch: Sendable {
      /// A list of objects with `tool` and `arguments`.
      package var of: Reference
      /// No further request is sent after a failure if this holds.
      package var stop: Condition?
      /// Requests at the same time.
      package var atOnce = 1

      package init(of: Reference) { self.of = of }
    }

    /// A member of the result.
    package struct Member: Hashable, Sendable {
      /// Names of members of objects in each other.
      package var name: [String]
      /// Without a value there, the member is left out.
      package var value: Reference

      package init(name: [String], value: Reference) {
        self.name = name
        self.value = value
      }
    }
  }
}
