import Harness
import Manifest
import OpenAPI
import RawJSON
import TestSupport
import Testing

/// What a document becomes, and that the manifest's own reader takes it.
@Suite struct ImportTests {
  private static let document = """
    openapi: 3.0.3
    info: { title: Pet Shop!, version: "1" }
    servers: [{ url: "https://{host}/v1/", variables: { host: { default: pets.example } } }]
    security: [{ token: [] }]
    paths:
      /pets:
        parameters:
          - { $ref: "#/components/parameters/Trace" }
        get:
          operationId: listPets
          tags: [pets]
          summary: Lists pets. And says more than anybody wants to read.
          parameters:
            - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
            - { name: offset, in: query, schema: { type: string } }
            - { name: kinds.any, in: query, explode: false, schema: { type: array, items: { type: string, enum: [cat, "yes"] } } }
            - { name: session, in: cookie, schema: { type: string } }
          responses:
            200: { description: ok, content: { application/json: { schema: { type: object, properties: { data: { type: array, items: { $ref: "#/components/schemas/Pet" } }, next_page: { type: object, properties: { offset: { type: string } } } } } } } }
        post:
          operationId: createPet
          tags: [pets, write]
          description: Creates a pet
          requestBody:
            required: true
            content: { application/json: { schema: { type: object, properties: { data: { $ref: "#/components/schemas/PetRequest" } } } } }
          responses: { 201: { description: ok, content: { application/json: { schema: { type: object, properties: { data: { $ref: "#/components/schemas/Pet" } } } } } } }
      /pets/{pet-id}/photo:
        put:
          tags: [photos]
          requestBody: { content: { multipart/form-data: { schema: { type: object, required: [file], properties: { file: { type: string, format: binary }, title: { type: string } } } } } }
          responses: { 204: { description: ok } }
        head: { responses: {} }
      /report:
        post: { operationId: report, requestBody: { content: { text/csv: { schema: { type: string } } } }, responses: {} }
    components:
      parameters:
        Trace: { name: X-Trace, in: header, schema: { type: string, pattern: "^[a-z]+(?=b)" } }
      securitySchemes: { token: { type: http, scheme: bearer } }
      schemas:
        Base: { type: object, properties: { gid: { type: string, readOnly: true }, name: { type: string, maxLength: 5 } } }
        PetRequest: { allOf: [{ $ref: "#/components/schemas/Pet" }, { type: object, required: [name], properties: { born: { type: string, format: date, nullable: true } } }] }
        Pet: { allOf: [{ $ref: "#/components/schemas/Base" }, { type: object, properties: { mother: { $ref: "#/components/schemas/Pet" }, size: { oneOf: [{ type: string }, { type: integer }] } } }] }

    """

  private func imported(
    _ text: String = document, _ edit: (inout ImportOptions) -> Void = { _ in }
  ) throws -> ImportedManifest {
    var options = ImportOptions()
    edit(&options)
    return try OpenAPI.manifest(of: Array(text.utf8), options)
  }

  /// The service that a manifest describes, and what is wrong with it.
  private func service(_ text: String) throws -> REST.Service {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "it.yaml")
    let configuration = Configuration.check(
      files: [file], directory: folder.path, environment: ["PET_SHOP_TOKEN": "t"])
    let entry = try #require(configuration.services.first)
    return try #require(entry.manifest?.rest, "\(entry.reasons)\n\(text)")
  }

  @Test func `a document becomes a manifest that the gateway takes`() throws {
    let manifest = try imported()
    let service = try service(manifest.text)
    #expect(service.address.host == "pets.example")
    #expect(service.address.path == "/v1")
    #expect(
      service.tools.map(\.name) == ["listPets", "createPet", "put_pets__pet-id__photo", "report"])
    #expect(manifest.tools == 4)
    guard case .bearer = service.authentication else {
      Issue.record("\(service.authentication)")
      return
    }
    let list = service.tools[0]
    #expect(list.description == "Lists pets.")
    #expect(list.annotations.isReadOnly)
    #expect(list.arguments.map(\.name) == ["X-Trace", "limit", "offset", "kinds_any"])
    #expect(list.arguments[3].place?.name == [.name("kinds"), .name("any")])
    #expect(list.arguments[3].place?.style == .comma)
    #expect(list.arguments[3].type.items.first?.choices == ["cat", "yes"])
    #expect(list.arguments[1].type.maximum == 100)
    guard case .operations(let operations) = list.execution, let operation = operations.first else {
      Issue.record("\(list.execution)")
      return
    }
    #expect(operation.answerEnvelope == "data")
    #expect(operation.paging?.parameter == "offset")
    #expect(operation.paging?.limitParameter == "limit")
    #expect(operation.paging?.next == ValuePath(["next_page", "offset"]))
  }

  @Test func `bodies become arguments, without what is only read`() throws {
    let tool = try service(try imported().text).tools[1]
    #expect(tool.arguments.map(\.name) == ["X-Trace", "name", "mother", "size", "born"])
    #expect(tool.arguments[1].isRequired)
    #expect(tool.arguments[1].place?.position == .body)
    #expect(tool.arguments[1].type.length == 0...5)
    #expect(tool.arguments[3].type.kind == .any)
    #expect(tool.arguments[4].type.isNullable)
    #expect(tool.arguments[4].type.format == .date)
    guard case .operations(let operations) = tool.execution else {
      Issue.record("\(tool.execution)")
      return
    }
    #expect(operations.first?.requestEnvelope == "data")
    let photo = try service(try imported().text).tools[2]
    #expect(photo.arguments.map(\.name) == ["pet-id", "file", "title"])
    #expect(photo.arguments[1].place?.file != nil)
    #expect(photo.annotations.isIdempotent)
  }

  @Test func `what cannot be said is listed, in the manifest too`() throws {
    let manifest = try imported()
    for words in [
      "listPets: the parameter 'session' in cookie", "listPets: the pattern of 'X-Trace'",
      "createPet: the variants of 'size'", "requests by HEAD", "report: a body of text/csv",
      "the members of 'mother",
    ] {
      #expect(manifest.notes.contains { $0.contains(words) }, "\(words) in \(manifest.notes)")
    }
    for note in manifest.notes { #expect(manifest.text.contains("# - \(note)\n"), "\(note)") }
  }

  @Test func `tags and ids choose operations`() throws {
    #expect(try imported { $0.tags = ["write"] }.tools == 1)
    #expect(try imported { $0.tags = ["write", "photos"] }.tools == 2)
    #expect(try imported { $0.operations = ["report"] }.tools == 1)
    let both = try imported {
      ($0.tags, $0.operations, $0.service) = (["write"], ["report"], "shop")
    }
    #expect(both.tools == 2)
    #expect(both.text.contains("\nservice: shop\n"))
    #expect(throws: ImportError.self) { try imported { $0.tags = ["nothing"] } }
  }

  @Test func `JSON and version 3.1 are read`() throws {
    let text = """
      {"openapi": "3.1.0", "info": {"title": "x"}, "paths": {"/a/{b}": {"get": {
        "parameters": [{"name": "q", "in": "query", "schema": {"type": ["integer", "null"]}}],
        "responses": {}}}}}
      """
    let manifest = try imported(text)
    let service = try service(manifest.text)
    #expect(service.tools.first?.arguments.map(\.name) == ["b", "q"])
    #expect(service.tools.first?.arguments.last?.type.kind == .integer)
    #expect(manifest.notes.contains { $0.contains("names no server") })
  }

  @Test(arguments: [
    "", "{", "[]", "swagger: '2.0'\npaths: {}", "openapi: 3.0.0", "openapi: 4.0.0\npaths: {}",
    "openapi: 3.0.0\npaths: {}", "openapi: 3.0.0\npaths: {/a?b: {get: {}}}",
  ])
  func `what is no such document is refused`(text: String) {
    #expect(throws: ImportError.self) { try imported(text) }
  }

  @Test func `schemas that refer to themselves end`() throws {
    let text = """
      openapi: 3.0.0
      info: {title: loops}
      paths:
        /a:
          post:
            requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}
            parameters: [{$ref: "#/components/parameters/P"}]
            responses: {default: {$ref: "#/components/responses/R"}}
      components:
        parameters: {P: {$ref: "#/components/parameters/P"}}
        responses: {R: {$ref: "#/components/responses/R"}}
        schemas:
          A: {type: object, properties: {a: {$ref: "#/components/schemas/A"}, b: {$ref: "#/components/schemas/B"}, c: {$ref: "#/c"}}}
          B: {allOf: [{$ref: "#/components/schemas/B"}]}

      """
    let manifest = try imported(text)
    #expect(try service(manifest.text).tools.first?.arguments.map(\.name) == ["a", "b", "c"])
    #expect(manifest.notes.contains { $0.contains("'b' refers to nothing or to itself") })
    #expect(manifest.notes.contains { $0.contains("a parameter refers to nothing") })
  }
}
