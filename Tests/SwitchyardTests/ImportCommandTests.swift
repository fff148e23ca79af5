import CommandTesting
import HTTPTesting
import TestSupport
import Testing

/// `switchyard import openapi`, from a file to a manifest that `check` takes.
@Suite struct ImportCommandTests {
  private static let document = """
    openapi: 3.0.0
    info: { title: Shop }
    servers: [{ url: "https://shop.example" }]
    paths:
      /things/{id}:
        get:
          operationId: getThing
          parameters: [{ name: session, in: cookie, schema: { type: string } }]
          responses: {}

    """

  @Test func `a document becomes a file that check takes`() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write(Self.document, to: "api.yaml")
    let output = folder.path + "/shop.yaml"
    let run = try CommandRun(["import", "openapi", source, "--output", output])
    #expect(run.code == 0)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("note: getThing: the parameter 'session' in cookie is left out"))
    #expect(run.errors.contains("1 tool, 1 note;"))
    #expect(folder.read("shop.yaml").contains("get: \"/things/{id}\""))
    let check = try CommandRun(["check", output], environment: ["HOME": folder.path])
    #expect(check.code == 0, "\(check.output)")
    let again = try CommandRun(["import", "openapi", source, "--output", output])
    #expect(again.code == 1)
    #expect(again.errors.contains("remove it first"))
  }

  @Test func `standard input and output do as well`() throws {
    let run = try CommandRun(["import", "openapi", "-", "--service", "s"], input: Self.document)
    #expect(run.code == 0)
    #expect(run.output.contains("\nservice: s\n"))
  }

  @Test func `a document is fetched from a URL, and one that is not there is an error`() throws {
    let document = Self.document
    let server = try RawHTTPServer { request, connection in
      let isThere = request.target == "/openapi.yaml"
      let body = isThere ? document : "no"
      connection.send(
        "HTTP/1.1 \(isThere ? "200 OK" : "404 Not Found")\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
      return true
    }
    let run = try CommandRun(
      ["import", "openapi", server.url + "/openapi.yaml", "--service", "s"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("\nservice: s\n"))
    let missing = try CommandRun(["import", "openapi", server.url + "/other.yaml"])
    #expect(missing.code == 1)
    #expect(missing.errors.contains("404"), "\(missing.errors)")
    server.stop()
  }

  @Test func `what cannot be imported ends with 1, a wrong use with 2`() throws {
    let missing = try CommandRun(["import", "openapi", "/nonexistent.yaml"])
    #expect(missing.code == 1)
    #expect(missing.errors.contains("/nonexistent.yaml"))
    let other = try CommandRun(["import", "openapi", "-"], input: "swagger: '2.0'\n")
    #expect(other.code == 1)
    #expect(other.errors.contains("Swagger 2.0"))
    let tag = try CommandRun(
      ["import", "openapi", "-", "--tag", "none"], input: Self.document)
    #expect(tag.code == 1)
    #expect(try CommandRun(["import", "raml", "x"]).code == 2)
    #expect(try CommandRun(["import"]).code == 2)
  }
}
