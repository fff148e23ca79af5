import Manifest
import RawJSON

/// Goes through the operations and writes the manifest.
struct Importer: Sendable {
  private let document: Document
  private let options: ImportOptions
  private var notes: [String] = []

  init(document: Document, options: ImportOptions) {
    self.document = document
    self.options = options
  }

  mutating func manifest() throws(ImportError) -> ImportedManifest {
    let name = serviceName
    let tools = readTools(prefix: name + "_")
    if tools.isEmpty {
      throw ImportError(
        message: options.tags.isEmpty && options.operations.isEmpty
          ? "the document has no operation that can be imported"
          : "no operation has such a tag or id; operationId and tags are spelled as in the document"
      )
    }
    let servers = address
    let security = authentication(name)
    var writer = ManifestWriter(service: name, tools: tools)
    writer.title = document.root["info"]?["title"]?.stringValue ?? name
    writer.address = servers
    writer.authentication = security
    writer.source = options.source
    writer.notes = notes
    return ImportedManifest(text: writer.text(), tools: tools.count, notes: notes)
  }

  private var serviceName: String {
    let text =
      options.service ?? document.root["info"]?["title"]?.stringValue?.lowercased() ?? "api"
    let name = ImportedName.unique(text, most: 32, taken: [])
    let trimmed = name.drop { $0 == "_" }
    return trimmed.isEmpty ? "api" : String(trimmed.reversed().drop { $0 == "_" }.reversed())
  }

  private mutating func readTools(prefix: String) -> [ImportedTool] {
    var tools: [ImportedTool] = []
    var taken: Set<String> = []
    for path in document.root["paths"]?.objectValue ?? JSONObject() {
      guard let item = document.resolved(path.value) else {
        notes.append("\(path.key): refers to nothing and is left out")
        continue
      }
      for member in item.objectValue ?? JSONObject() {
        let isMethod = ["get", "post", "put", "patch", "delete"].contains(member.key)
        let id = member.value["operationId"]?.stringValue ?? "\(member.key)\(path.key)"
        if !isMethod {
          if ["head", "options", "trace"].contains(member.key) {
            notes.append("\(id): requests by \(member.key.uppercased()) are left out")
          }
          continue
        }
        guard isWanted(member.value, id) else { continue }
        let name = ImportedName.unique(id, most: 64 - prefix.utf8.count, taken: taken)
        var reader = OperationReader(
          document, name: name, method: member.key, path: path.key)
        let tool = reader.read(member.value, in: item)
        notes += reader.notes
        guard let tool else { continue }
        taken.insert(name)
        tools.append(tool)
      }
    }
    return tools
  }

  private func isWanted(_ operation: JSONValue, _ id: String) -> Bool {
    if options.tags.isEmpty, options.operations.isEmpty { return true }
    let tags = operation["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return options.operations.contains(id) || tags.contains { options.tags.contains($0) }
  }

  /// The first server, with the defaults of its variables.
  private var address: String {
    mutating get {
      let servers = document.root["servers"]?.arrayValue ?? []
      guard let server = servers.first, var url = server["url"]?.stringValue else {
        notes.append("the document names no server; write its address into rest.url")
        return "https://api.example"
      }
      for variable in server["variables"]?.objectValue ?? JSONObject() {
        url = url.replacing("{\(variable.key)}", with: variable.value["default"]?.stringValue ?? "")
      }
      while url.hasSuffix("/") { url.removeLast() }
      if (try? REST.Address(url)) != nil { return url }
      notes.append("the server '\(url)' is no full address; correct rest.url")
      let path = url.hasPrefix("/") ? url : ""
      return (try? REST.Address("https://api.example" + path)) == nil
        ? "https://api.example" : "https://api.example" + path
    }
  }

  /// What `rest.auth` says, for the first scheme that can be written.
  private mutating func authentication(_ service: String) -> [(String, JSONValue)]? {
    let schemes = document.root["components"]?["securitySchemes"]?.objectValue ?? JSONObject()
    guard !schemes.isEmpty else { return nil }
    let variable = service.uppercased().replacing("-", with: "_")
    var order =
      document.root["security"]?.arrayValue?.compactMap { $0.objectValue?.keys.first } ?? []
    order += schemes.keys
    for key in order {
      guard let value = schemes[key], let scheme = document.resolved(value) else { continue }
      let token = JSONValue.string("${env:\(variable)_TOKEN}")
      switch (scheme["type"]?.stringValue, scheme["scheme"]?.stringValue?.lowercased()) {
      case ("http", "bearer"): return [("bearer", token)]
      case ("http", "basic"):
        return [
          (
            "basic",
            [
              "user": .string("${env:\(variable)_USER}"),
              "password": .string("${env:\(variable)_PASSWORD}"),
            ]
          )
        ]
      case ("oauth2", _), ("openIdConnect", _):
        notes.append("'\(key)' is OAuth; get a token yourself and put it into \(variable)_TOKEN")
        return [("bearer", token)]
      case ("apiKey", _):
        guard let place = scheme["in"]?.stringValue, ["header", "query"].contains(place),
          let name = scheme["name"]?.stringValue
        else {
          notes.append("the key '\(key)' is sent in a way that cannot be written")
          continue
        }
        return [(place, ["name": .string(name), "value": .string("${env:\(variable)_KEY}")])]
      default: notes.append("the security scheme '\(key)' cannot be written")
      }
    }
    return nil
  }
}
