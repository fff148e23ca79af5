package import RawJSON

extension REST {
  package enum Method: String, CaseIterable, Sendable {
    case get, post, put, patch, delete

    /// Whether the request changes nothing (RFC 9110, 9.2.1).
    package var isSafe: Bool { self == .get }
    /// Whether sending it twice is the same as once (RFC 9110, 9.2.2).
    package var isIdempotent: Bool { self == .get || self == .put || self == .delete }
  }

  /// One request, or one for each page.
  package struct Operation: Sendable {
    /// In a list of operations: when this one is chosen.
    package var condition: Condition?
    package var method: Method
    package var path: PathTemplate
    /// Values that the manifest gives, in the order of the file; they go before arguments
    /// and win over an argument of the same place.
    package var values: [PlacedValue] = []
    /// What the body is wrapped in, and what the answer is unwrapped from; nil is nothing.
    package var requestEnvelope: String?
    package var answerEnvelope: String?
    /// How further pages are asked for; nil asks for one.
    package var paging: Paging?
    /// Items of the answer's list that are kept; all must hold.
    package var keep: [Filter] = []
    /// Whether arguments with a place go here: not in steps after the first.
    package var takesArguments = true
    /// Indexes into the service's lanes: those of the method and those named, each once.
    package var lanes: [Int] = []

    package init(method: Method, path: PathTemplate) {
      self.method = method
      self.path = path
    }
  }

  /// A path such as `/tasks/{task_gid}/addTag`; begins with `/`.
  package struct PathTemplate: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
      /// Already encoded.
      case literal(String)
      case parameter(String)
    }

    /// What stands between slashes, in order; no segment is empty.
    package var segments: [[Part]]

    package init(segments: [[Part]]) { self.segments = segments }

    /// Whether a name stands in braces.
    package func has(_ name: String) -> Bool {
      segments.contains { segment in
        segment.contains { part in
          if case .parameter(let other) = part {
            other.utf8.elementsEqual(name.utf8)
          } else {
            false
          }
        }
      }
    }

    /// The names in braces, in order.
    package var parameters: [String] {
      segments.joined().compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }
  }

  /// A value that the manifest puts into a request.
  package struct PlacedValue: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
      case literal(JSONValue)
      /// Without a value there, nothing is sent.
      case reference(Reference)
    }

    package var place: Place
    package var source: Source
    package var condition: Condition?

    package init(place: Place, source: Source, condition: Condition? = nil) {
      self.place = place
      self.source = source
      self.condition = condition
    }
  }

  /// How the next page of a list is asked for.
  package struct Paging: Hashable, Sendable {
    package enum Style: String, CaseIterable, Sendable {
      /// The answer holds a token (at `next`), which is sent as `parameter`; no token, no page.
      case token
      /// `parameter` counts items: 0, then what was received; a short page is the last.
      case offset
      /// `parameter` counts pages from `first`; a short page is the last.
      case page
      /// The header `Link` (RFC 8288) with `rel="next"`: its query is sent to the same path.
      case link
      /// The member `next` of the last item is sent as `parameter`; an empty page is the last.
      case last
    }

    package var style = Style.token
    /// The query parameter of the page size; nil if the API takes none.
    package var limitParameter: String?
    /// The query parameter that chooses the page; an argument in its place begins there.
    package var parameter: String?
    /// Where the token stands: in the whole answer for `token`, in an item for `last`.
    package var next: ValuePath?
    /// Where the list stands in the answer after the envelope; nil is the answer itself.
    package var items: ValuePath?
    /// Items asked for in one page; an argument in the place of `limitParameter` wins.
    package var size = 100
    /// The first page's number for `page`.
    package var first = 1

    package init() {}
  }

  /// A limit that the API sets on us.
  package struct Lane: Hashable, Sendable {
    package enum Scope: String, CaseIterable, Sendable {
      /// Every request.
      case all
      /// Requests by GET.
      case reads
      /// All others.
      case writes
      /// Requests of tools and steps that name the lane.
      case named
    }

    package enum Span: String, CaseIterable, Sendable {
      /// A place in the lane is taken from the request to its answer.
      case request
      /// A place is taken from a call's first request in the lane until the call ends.
      case call
    }

    package var name: String
    package var scope = Scope.all
    /// Requests in any minute; an action of a batch counts as one. nil is no limit.
    package var perMinute: Int?
    /// At the same time; nil is no limit.
    package var inFlight: Int?
    package var span = Span.request

    package init(name: String) { self.name = name }
  }

  /// How the API takes several requests in one.
  package struct BatchEndpoint: Sendable {
    /// The request that carries the actions; it has no values of its own.
    package var operation: Operation
    /// Actions in one request.
    package var most = 10
    /// Where the list of actions stands in the body, inside the envelope.
    package var actions: ValuePath
    /// Names of an action's members, each a path in the action.
    package var method = ValuePath(["method"])
    package var path = ValuePath(["path"])
    /// The action's body, without the envelope.
    package var body = ValuePath(["body"])
    /// Where query parameters go that have no place of their own.
    package var query = ValuePath(["query"])
    /// Places of single query parameters; a list stays a list there.
    package var options: [Option] = []
    /// In a result: its status, its body (still in the answer envelope).
    package var status = ValuePath(["status"])
    package var answer = ValuePath(["body"])

    package init(operation: Operation, actions: ValuePath) {
      self.operation = operation
      self.actions = actions
    }

    package struct Option: Hashable, Sendable {
      package var parameter: String
      package var path: ValuePath

      package init(parameter: String, path: ValuePath) {
        self.parameter = parameter
        self.path = path
      }
    }
  }
}
