import Manifest
import TestSupport
import Testing

/// The section `rest` of a manifest.
@Suite struct RESTServiceTests {
  private let one = "tools: {t: {description: x, get: /a}}\n"

  @Test func `a service has its address, headers, config, lanes and connections`() throws {
    let service = try restService(
      """
      rest:
        url: "${env:BASE}"
        headers: {X-Team: "${env:TEAM}", Accept: text/plain}
        config: {space: "${env:SPACE:-}", region: eu}
        envelope: {request: req, answer: res}
        errors: {message: "errors[].message", hint: "errors[].help"}
        lanes:
          all: {per_minute: "${env:RATE:-150}"}
          reads: {in_flight: 50, scope: reads}
          jobs: {in_flight: 5, scope: named, span: call}
        connections:
          ca_file: ca.pem
          socket: /run/api.sock
          most: 4
          connect_timeout: 1s
          idle_timeout: 2s
          attempts: 2
          answer_limit: 1MiB
          body_limit: 2MiB
      tools: {t: {description: x, post: /a}}

      """, ["BASE": "https://a.example/v1", "TEAM": "core", "RATE": "1500"])
    #expect(service.address.host == "a.example" && service.address.path == "/v1")
    #expect(service.headers.map(\.name) == ["X-Team", "Accept"])
    #expect(service.headers.map(\.value.exposed) == ["core", "text/plain"])
    #expect(service.config.map(\.name) == ["region"])
    #expect(service.configured("region") == "eu" && service.configured("space") == nil)
    #expect(service.errors.message?.steps == [.member("errors"), .items, .member("message")])
    #expect(service.lanes.map(\.name) == ["all", "reads", "jobs"])
    #expect(service.lanes[0].perMinute == 1500 && service.lanes[0].scope == .all)
    #expect(service.lanes[1].inFlight == 50 && service.lanes[1].scope == .reads)
    #expect(service.lanes[2].span == .call && service.lanes[2].scope == .named)
    let operation = try #require(service.tools.first?.operation)
    #expect(operation.requestEnvelope == "req" && operation.answerEnvelope == "res")
    #expect(operation.lanes == [0], "a post is no read")
    let connections = service.connections
    #expect(connections.caFile?.hasSuffix("/manifests/ca.pem") == true)
    #expect(connections.socket == "/run/api.sock" && connections.most == 4)
    #expect(connections.connectTimeout == .seconds(1) && connections.idleTimeout == .seconds(2))
    #expect(connections.attempts == 2)
    #expect(connections.answerLimit == 1 << 20 && connections.bodyLimit == 2 << 20)
  }

  @Test func `each way to be known is read, and secrets stay hidden`() throws {
    let folder = ConfigurationFolder()
    folder.write("secrets/key", "s3cr3t\n")
    func authentication(_ auth: String) throws -> REST.Authentication {
      folder.manifest("it", "rest:\n  url: https://a.example\n  auth: \(auth)\n\(one)")
      let entry = try #require(folder.load().services.first)
      let service = try #require(entry.manifest?.rest, "\(entry.reasons)")
      #expect(!"\(service)".contains("s3cr3t"))
      return service.authentication
    }
    guard case .bearer(let token) = try authentication("{bearer: \"${secret:key}\"}") else {
      Issue.record("no bearer")
      return
    }
    #expect(token.exposed == "s3cr3t")
    guard
      case .basic(let user, let password) = try authentication(
        "{basic: {user: me, password: \"${secret:key}\"}}")
    else {
      Issue.record("no basic")
      return
    }
    #expect(user.exposed == "me" && password.exposed == "s3cr3t")
    guard
      case .header(let name, let value) = try authentication(
        "{header: {name: X-Api-Key, value: \"${secret:key}\"}}")
    else {
      Issue.record("no header")
      return
    }
    #expect(name == "X-Api-Key" && value.exposed == "s3cr3t")
    guard
      case .query(let key, _) = try authentication(
        "{query: {name: key, value: \"${secret:key}\"}}")
    else {
      Issue.record("no query")
      return
    }
    #expect(key == "key")
  }

  @Test func `M08: a variable that is missing switches the service off and is named`() {
    let text = "rest:\n  url: https://a.example\n  auth: {bearer: \"${env:API_TOKEN}\"}\n" + one
    #expect(
      complaints(text) == [
        "3:18: 'rest.auth.bearer' needs the environment variable API_TOKEN, which is not set"
      ])
    #expect(complaints(text, ["API_TOKEN": "t"]) == [])
    #expect(service("enabled: false\n" + text).reasons.isEmpty, "nothing is asked for when off")
  }

  private static let wrong: [(String, String)] = [
    ("  auth: {}\n  url: https://b.example\n", "'url'"),
    ("  auth: {bearer: ''}\n", "'rest.auth.bearer' is empty"),
    ("  auth: {bearer: x, query: {name: a, value: b}}\n", "more than one way"),
    ("  auth: {bearer: \"a\\nb\"}\n", "must not hold control characters"),
    ("  auth: {basic: {user: \"a:b\", password: x}}\n", "must not hold ':'"),
    ("  auth: {basic: {user: a}}\n", "'password' is missing in 'rest.auth.basic'"),
    ("  headers: {Host: x}\n", "the header 'Host' in 'rest.headers.Host' is set by the gateway"),
    ("  headers: {\"a b\": x}\n", "'a b' in 'rest.headers.a b' is no name of a header"),
    ("  headers: {X-A: \"a\\r\\nX-B: c\"}\n", "must not hold control characters"),
    ("  config: {a: \"${secret:k}\"}\n", "must not hold the secret 'k'"),
    ("  lanes: {a: {}}\n", "needs 'per_minute' or 'in_flight'"),
    ("  lanes: {a: {per_minute: 0}}\n", "must be a whole number from 1 to 1000000"),
    ("  lanes: {a: {per_minute: 1, span: call}}\n", "'span: call' of a lane needs 'in_flight'"),
    ("  lanes: {a: {per_minut: 1}}\n", "did you mean 'per_minute'?"),
    ("  errors: {message: \"a..b\"}\n", "is no path into a value"),
    ("  paging: {style: token, parameter: offset}\n", "needs 'next'"),
    ("  paging: {style: page, limit: n}\n", "needs 'parameter'"),
    ("  paging: {style: offset, parameter: o, next: n, limit: l}\n", "'next' is for the styles"),
    ("  paging: {style: offset, parameter: o}\n", "needs 'limit' or 'size'"),
    ("  paging: {style: link, parameter: o}\n", "'parameter' is not used"),
    ("  batch: {post: /batch}\n", "needs 'post' and 'actions'"),
    ("  batch: {post: \"/{x}\", actions: a}\n", "has nothing for {x} in its path"),
    ("  batch: {post: batch, actions: a}\n", "must begin with '/'"),
    ("  connections: {most: 0}\n", "a whole number from 1 to 1000"),
    ("  envelop: data\n", "did you mean 'envelope'?"),
  ]

  @Test func `M06: a mistake in the section is told with its place`() {
    for (lines, expected) in Self.wrong {
      let all = complaints("rest:\n  url: https://a.example\n\(lines)\(one)")
      #expect(all.contains { $0.contains(expected) }, "\(lines)\(all)")
      #expect(all.allSatisfy { $0.first?.isNumber == true }, "\(all)")
    }
  }

  @Test func `names of tools are unique with the prefix that they get`() {
    let twice =
      "rest: {url: \"https://a.example\"}\ntools:\n"
      + "  a: {description: x, get: /a}\n  it_a: {description: x, get: /a}\n"
    #expect(complaints(twice) == ["4:3: a tool named 'it_a' is there already"])
    let alias =
      "rest: {url: \"https://a.example\"}\ntools:\n"
      + "  a: {description: x, get: /a, aliases: [b]}\n  b: {description: x, get: /a}\n"
    #expect(complaints(alias) == ["4:3: a tool named 'it_b' is there already"])
  }

  @Test func `an alias is a tool of its own`() throws {
    let tools = try restService(
      api("  a: {description: x, get: /a, aliases: [b, c]}\n")
    ).tools
    #expect(tools.map(\.name) == ["a", "b", "c"])
  }

  @Test func `M12: too many tools are an error, many are not`() throws {
    func manifest(_ count: Int) -> String {
      api((0..<count).map { "  t\($0): {description: x, get: /a}\n" }.joined())
    }
    #expect(try restService(manifest(1_000)).tools.count == 1_000)
    #expect(complaints(manifest(1_001)).contains { $0.contains("more than 1000") })
  }
}
