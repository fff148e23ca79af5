import RawJSON
import YAML

/// The section `rest` while it is read.
struct ServiceDraft: Sendable {
  var service = REST.Service()
  var paging: Placed<PagingDraft>?
  var envelope: EnvelopeDraft?
  var batch: Placed<BatchDraft>?
  var configNames: [String] = []
  var privateAddresses = false

  static let fields: [Field<ServiceDraft>] = [
    .address("url", \.service.address, "Where the API is; a path in it begins every path."),
    .section(
      "auth", \.service.authentication, "How the API knows us; one of its keys.",
      { REST.Authentication.fields }),
    .headers("headers", \.service.headers, "Headers of every request."),
    .config("config", \.self, "Values for default_from and references; empty ones are absent."),
    .envelope(
      "envelope", \.envelope, "The member that every body is put into and every answer taken from."),
    .section(
      "errors", \.service.errors, "Where an answer says what is wrong.", { REST.ErrorShape.fields }),
    .part(
      "paging", \.paging, "How pages are asked for, by operations with paging.",
      { PagingDraft.fields }, { PagingDraft() }),
    .rows(
      "lanes", \.lanes, .variable, "Limits that the API sets on us.", { LaneDraft.fields },
      { LaneDraft() }),
    .part(
      "batch", \.batch, "How the API takes several requests in one.", { BatchDraft.fields },
      { BatchDraft() }),
    .section(
      "connections", \.self, "How the API is connected to.", { connectionKeys }),
  ]

  var lanes: [Row<LaneDraft>] = []

  private static let connectionKeys: [Field<ServiceDraft>] = [
    .openPath("ca_file", \.service.connections.caFile, "Certificates (PEM) to trust instead."),
    .openPath("socket", \.service.connections.socket, "A unix socket to connect to."),
    .flag(
      "private_addresses", \.privateAddresses,
      "Whether the host's name may lead to private addresses."),
    .integer("most", \.service.connections.most, in: 1...1_000, "Connections at a time."),
    .span(
      "connect_timeout", \.service.connections.connectTimeout,
      in: .milliseconds(1)...GatewayConfiguration.longest, "For a connection."),
    .span(
      "idle_timeout", \.service.connections.idleTimeout,
      in: .milliseconds(1)...GatewayConfiguration.longest, "Without a byte."),
    .integer(
      "attempts", \.service.connections.attempts, in: 1...10,
      "Times a request is sent at most, where twice is safe."),
    .size(
      "answer_limit", \.service.connections.answerLimit, in: 1 << 10...1 << 30, "Of an answer."),
    .size("body_limit", \.service.connections.bodyLimit, in: 1 << 10...1 << 30, "Of a body."),
  ]
}

/// A lane while it is read.
struct LaneDraft: Sendable {
  var lane = REST.Lane(name: "")

  static let fields: [Field<LaneDraft>] = [
    .choice("scope", \.lane.scope, "Which requests are in it; named are those that say so."),
    .openNumber("per_minute", \.lane.perMinute, "Requests in a minute."),
    .openNumber("in_flight", \.lane.inFlight, "Requests at the same time."),
    .choice("span", \.lane.span, "Whether in_flight counts requests or whole calls."),
  ]
}

extension ServiceDraft {
  /// `rest.batch` while it is read.
  struct BatchDraft: Sendable {
    var post: Placed<String>?
    var most = 10
    var actions: Placed<String>?
    var method: Placed<String>?
    var path: Placed<String>?
    var body: Placed<String>?
    var query: Placed<String>?
    var status: Placed<String>?
    var answer: Placed<String>?
    var options: [Row<String>] = []

    static let fields: [Field<BatchDraft>] = [
      .name("post", \.post, .path, "The path."),
      .integer("most", \.most, in: 1...1_000, "Actions in one request."),
      .name("actions", \.actions, .foreignName, "Where the list of actions stands in the body."),
      .name("method", \.method, .foreignName, "An action's method in lower case; method."),
      .name("path", \.path, .foreignName, "An action's path without query; path."),
      .name("body", \.body, .foreignName, "An action's body without the envelope; body."),
      .name("query", \.query, .foreignName, "Where an action's query parameters go; query."),
      .namedTexts("options", \.options, "Query parameters that go elsewhere, and where."),
      .name("status", \.status, .foreignName, "A result's status; status."),
      .name("answer", \.answer, .foreignName, "A result's body; body."),
    ]
  }
}

extension Field {
  /// A mapping from names to texts, each with its place in the file.
  static func namedTexts(
    _ key: String, _ path: @autoclosure @escaping Path<[Row<String>]>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .table(keys: nil, .text(.foreignName)), show: { _ in nil },
      parse: { node, reader in
        reader.table(node, keys: .foreignName) { pair, reader in
          reader.text(pair.value, .foreignName).map {
            Row(
              name: Placed(value: pair.key, position: pair.keyPosition), value: $0,
              position: pair.value.position)
          }
        }
      })
  }
}

extension REST.ErrorShape {
  static let fields: [Field<REST.ErrorShape>] = [
    .path("message", \.message, "What is wrong, such as errors[].message."),
    .path("hint", \.hint, "What can be done about it."),
  ]
}

extension Field {
  /// A way into a value.
  fileprivate static func path(
    _ key: String, _ path: @autoclosure @escaping Path<ValuePath?>, _ about: String
  ) -> Field {
    value(
      key, path(), about, .text(.foreignName), show: { _ in nil },
      parse: { node, reader in
        reader.text(node, .foreignName).flatMap {
          reader.valuePath(Placed(value: $0, position: node.position))
        }
      })
  }
}
