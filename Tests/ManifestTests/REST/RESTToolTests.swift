import Manifest
import RawJSON
import Testing

/// The tools of a REST service: one test for each part of the grammar.
@Suite struct RESTToolTests {
  @Test func `an argument goes where it says, or where its request wants it`() throws {
    let tool = try tool(
      """
          arguments:
            id: {type: string}
            q: {type: string, in: query, as: a.b}
            h: {type: string, in: header, as: X-H}
            list: {type: array, items: string, style: comma}
            plain: {type: array, items: string}
            one: {type: string, as: projects, wrap: true}
            deep: {type: string, as: a.b.c}
            all: {type: object, as: "*"}
            some: {type: object, as: "extra.*"}
            key: {type: string, in: none}
            value: {type: any, as: "fields.{key}"}
          post: /x/{id}/y

      """)
    func place(_ name: String) throws -> REST.Place? {
      try #require(tool.argument(name)).place
    }
    #expect(try place("id")?.position == .path)
    #expect(try place("q")?.position == .query)
    #expect(try place("q")?.name == [.name("a"), .name("b")])
    #expect(try place("h")?.name == [.name("X-H")])
    #expect(try place("list")?.style == .comma && place("plain")?.style == .json)
    #expect(try place("one")?.wraps == true)
    #expect(try place("deep")?.name == [.name("a"), .name("b"), .name("c")])
    #expect(try place("all")?.spreads == true && place("all")?.name.isEmpty == true)
    #expect(try place("some")?.spreads == true)
    #expect(try place("key") == nil)
    #expect(try place("value")?.name == [.name("fields"), .argument("key")])
    #expect(tool.operation?.path.parameters == ["id"])
  }

  @Test func `what a get takes goes into the query, lists with commas`() throws {
    let tool = try tool(
      "    arguments: {a: {type: array, items: string}, b: string}\n    get: /x\n")
    #expect(tool.arguments.allSatisfy { $0.place?.position == .query })
    #expect(tool.arguments[0].place?.style == .comma)
  }

  @Test func `values of the manifest are literals or references, with conditions`() throws {
    let operation = try #require(
      try tool(
        """
            arguments: {all: boolean, f: {type: array, items: string, in: none}}
            get: /x
            query:
              kind: project
              archived: false
              fields: {from: arguments.f, style: repeat}
              since: {value: now, unless: all}
              list: [a, b]
            headers: {X-Kind: one}

        """
      ).operation)
    #expect(operation.values.count == 6)
    #expect(operation.values[0].source == .literal("project"))
    #expect(operation.values[1].source == .literal(false))
    #expect(operation.values[2].source == .reference(.init(root: .argument("f"))))
    #expect(operation.values[2].place.style == .repeat)
    #expect(operation.values[3].condition == .init(argument: "all", isNegated: true))
    #expect(operation.values[4].source == .literal(["a", "b"]))
    #expect(operation.values[5].place.position == .header)
  }

  @Test func `the argument that is given chooses the operation`() throws {
    let tool = try tool(
      """
          arguments: {p: string, w: {type: string, default: "1"}}
          operations:
            - {when: p, get: "/p/{p}/x", envelope: ""}
            - {get: "/w/{w}/x"}

      """, rest: "  envelope: data\n")
    #expect(tool.operations.map(\.condition) == [.init(argument: "p", isNegated: false), nil])
    #expect(tool.operations.map(\.answerEnvelope) == [nil, "data"])
    #expect(tool.arguments.allSatisfy { $0.place?.position == .path })
  }

  @Test func `paging comes from the service, and an operation changes it`() throws {
    let rest =
      "  paging: {style: token, limit: limit, parameter: offset, next: next.offset, size: 50}\n"
    let plain = try tool("    get: /x\n    paging: true\n    max_items: 200\n", rest: rest)
    #expect(plain.operation?.paging?.limitParameter == "limit")
    #expect(plain.operation?.paging?.size == 50 && plain.maxItems == .fixed(200))
    #expect(plain.operation?.paging?.next?.steps == [.member("next"), .member("offset")])
    let other = try tool(
      "    get: /x\n    paging: {limit: '', items: list, size: 10}\n", rest: rest)
    #expect(other.operation?.paging?.limitParameter == nil)
    #expect(other.operation?.paging?.parameter == "offset")
    #expect(other.operation?.paging?.items?.steps == [.member("list")])
    #expect(try tool("    get: /x\n    paging: false\n", rest: rest).operation?.paging == nil)
    let link = try tool("    get: /x\n    paging: {style: link, limit: per_page, size: 30}\n")
    #expect(link.operation?.paging?.style == .link)
  }

  @Test func `filters, fields, lanes and times are read`() throws {
    let tool = try tool(
      """
          arguments: {all: {type: boolean, default: false, in: none}}
          get: /x
          keep:
            - {field: type, equals: comment, unless: all}
            - {field: a.b, differs: true}
            - {field: n, above: 0}
            - {field: m, missing: true}
          lanes: [search]
          result: {fields: [gid, owner.name]}
          cache: 1m
          estimate: 2s
          timeout: 3s
          stream: incremental

      """,
      rest: "  lanes: {search: {per_minute: 60, scope: named}, w: {in_flight: 1, scope: writes}}\n")
    let keep = try #require(tool.operation?.keep)
    #expect(keep.map(\.test) == [.equals("comment"), .differs(true), .above(0), .equals(.null)])
    #expect(keep[0].condition == .init(argument: "all", isNegated: true))
    #expect(tool.operation?.lanes == [0])
    #expect(tool.result.fields.map(\.steps.count) == [1, 2])
    #expect(tool.cache == .seconds(60) && tool.estimate == .seconds(2))
    #expect(tool.timeout == .seconds(3) && tool.stream == .incremental)
  }

  @Test func `a file of a form has a name and a type from arguments`() throws {
    let tool = try tool(
      """
          arguments:
            parent: {type: string, in: form}
            content: {type: string, format: base64, as: file, file: {name: n, type: t}}
            n: {type: string, in: none}
            t: {type: string, in: none}
          post: /x
          form: {kind: {value: external, when: parent}}

      """)
    let place = try #require(tool.argument("content")?.place)
    #expect(place.position == .form && place.name == [.name("file")])
    #expect(place.file?.nameArgument == "n" && place.file?.typeArgument == "t")
  }

  private static let steps = """
        arguments:
          id: {type: string, in: path}
          deep: {type: boolean, default: true}
          depth: {type: integer, default: 2}
          most: {type: integer, default: 100}
        steps:
          - {name: top, call: {get: "/p/{id}"}}
          - name: parts
            message: Reading parts
            call: {get: "/p/{id}/parts", path: {id: {from: arguments.id}}, paging: true}
          - name: tasks
            when: deep
            each:
              of: "steps.parts[]"
              only: [{field: n, above: 0}]
              get: "/parts/{part}/tasks"
              path: {part: {from: item.gid}}
              at_once: 3
              into: tasks
              levels: depth
          - name: end
            until:
              get: "/jobs/{job}"
              path: {job: {from: steps.top.job.gid}}
              field: status
              done: [succeeded]
              failed: [failed]
              every: 1500ms
              at_most: 90s
          - collect: {top: steps.top, parts: steps.parts, counts.tasks: counts.tasks, cut: truncated}
        max_items: most

    """

  @Test func `steps call, repeat for each, wait and collect`() throws {
    let tool = try tool(Self.steps, rest: "  paging: {limit: l, parameter: o, next: n}\n")
    #expect(tool.steps.map(\.name) == ["top", "parts", "tasks", "end", "collect"])
    #expect(tool.steps[1].message == "Reading parts" && tool.maxItems == .argument("most"))
    guard case .each(let each) = tool.steps[2].action,
      case .until(let until) = tool.steps[3].action,
      case .collect(let members) = tool.steps[4].action
    else {
      Issue.record("the kinds are wrong")
      return
    }
    #expect(tool.steps[2].condition == .init(argument: "deep", isNegated: false))
    #expect(each.of == .init(root: .step("parts"), path: ValuePath([.items])))
    #expect(each.atOnce == 3 && each.into == "tasks" && each.levels == .argument("depth"))
    #expect(each.only.map(\.test) == [.above(0)])
    #expect(
      each.operation.values.map(\.source) == [
        .reference(.init(root: .item, path: ValuePath(["gid"])))
      ])
    #expect(until.done == ["succeeded"] && until.failed == ["failed"])
    #expect(until.every == .milliseconds(1500) && until.atMost == .seconds(90))
    #expect(members.map(\.name) == [["top"], ["parts"], ["counts", "tasks"], ["cut"]])
    #expect(
      members.map(\.value.root) == [.step("top"), .step("parts"), .count("tasks"), .truncated])
  }

  @Test func `a batch step runs other tools by the service's batch endpoint`() throws {
    let service = try restService(
      api(
        """
          one: {description: x, get: /a, batch: true}
          many:
            description: x
            arguments:
              list: {type: array, required: true}
              halt: {type: boolean, default: false}
            steps:
              - {name: calls, batch: {of: arguments.list, stop: halt, at_once: 2}}

        """,
        rest: """
            envelope: data
            lanes: {w: {in_flight: 15, scope: writes}}
            batch:
              {post: /batch, most: 10, actions: actions, path: relative_path, body: data, query: data,
               options: {limit: options.limit}, status: status_code, answer: body}

          """))
    let batch = try #require(service.tools[1].batchStep)
    #expect(batch.of.root == .argument("list") && batch.atOnce == 2)
    #expect(batch.stop == .init(argument: "halt", isNegated: false))
    let endpoint = try #require(service.batch)
    #expect(endpoint.most == 10 && endpoint.operation.requestEnvelope == "data")
    #expect(endpoint.operation.lanes == [0] && endpoint.status.steps == [.member("status_code")])
    #expect(endpoint.options.map(\.path.steps.count) == [2])
    #expect(!service.tools[1].annotations.isReadOnly && service.tools[1].annotations.isDestructive)
  }
}
