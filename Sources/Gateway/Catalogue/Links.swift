import MCP
import RawJSON

/// Where URIs of resources stand in what services send.
enum Links {
  /// The edits that turn a service's own URIs in a result into those that clients know;
  /// empty if there is none to change.
  static func edits(
    in result: ByteRange, of method: Method, in bytes: RawSpan, _ names: URINames
  ) -> [Edit] {
    var edits: [Edit] = []
    func change(_ uri: ByteRange) {
      guard let own = JSON.string(uri, in: bytes) else { return }
      let known = names.publicURI(own)
      guard known != own else { return }
      var text: [UInt8] = []
      JSON.appendQuoted(known, to: &text)
      edits.append(Edit(range: uri, replacement: text))
    }
    switch method {
    case .tasksGet, .tasksChanged:
      let inner = JSON.member("result", of: result, in: bytes)
      forEachURI(of: JSON.member("content", of: inner, in: bytes), in: bytes, change)
    case .resourcesRead:
      let contents = JSON.member("contents", of: result, in: bytes)
      JSON.forEachElement(of: contents, in: bytes) { content in
        change(JSON.member("uri", of: content, in: bytes))
      }
    case .promptsGet, .samplingCreateMessage:
      let messages = JSON.member("messages", of: result, in: bytes)
      JSON.forEachElement(of: messages, in: bytes) { message in
        forEachURI(of: JSON.member("content", of: message, in: bytes), in: bytes, change)
      }
    default: forEachURI(of: JSON.member("content", of: result, in: bytes), in: bytes, change)
    }
    return edits
  }

  /// URIs of links and embedded resources in one content block or a list of them.
  static func forEachURI(
    of content: ByteRange, in bytes: RawSpan, _ body: (ByteRange) -> Void
  ) {
    if JSON.isObject(content, in: bytes) { return visit(content, in: bytes, body) }
    JSON.forEachElement(of: content, in: bytes) { visit($0, in: bytes, body) }
  }

  private static func visit(_ block: ByteRange, in bytes: RawSpan, _ body: (ByteRange) -> Void) {
    let type = JSON.member("type", of: block, in: bytes)
    if JSON.equals(type, "resource_link", in: bytes) {
      body(JSON.member("uri", of: block, in: bytes))
    } else if JSON.equals(type, "resource", in: bytes) {
      let resource = JSON.member("resource", of: block, in: bytes)
      body(JSON.member("uri", of: resource, in: bytes))
    } else if JSON.equals(type, "tool_result", in: bytes) {
      // Of `sampling/createMessage`: what a tool gave, and no further such block within.
      JSON.forEachElement(of: JSON.member("content", of: block, in: bytes), in: bytes) { inner in
        let type = JSON.member("type", of: inner, in: bytes)
        if !JSON.equals(type, "tool_result", in: bytes) { visit(inner, in: bytes, body) }
      }
    }
  }

  /// A tool with the URI of its user interface as clients know it (`_meta.ui.resourceUri`, and
  /// `_meta["ui/resourceUri"]` of earlier hosts).
  static func tool(_ json: [UInt8], _ names: URINames?) -> [UInt8] {
    guard let names else { return json }
    let bytes = json.span.bytes
    let meta = JSON.member("_meta", of: ByteRange(start: 0, end: json.count), in: bytes)
    let places = [
      JSON.member("resourceUri", of: JSON.member("ui", of: meta, in: bytes), in: bytes),
      JSON.member("ui/resourceUri", of: meta, in: bytes),
    ]
    var splice = Splice()
    for place in places {
      guard let own = JSON.string(place, in: bytes) else { continue }
      let known = names.publicURI(own)
      if known != own { splice.replace(place) { JSON.appendQuoted(known, to: &$0) } }
    }
    return splice.editCount == 0 ? json : splice.applied(to: bytes)
  }
}
