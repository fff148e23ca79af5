import RawJSON
import YAML

/// What the tools of a manifest need to know of its section `rest`.
struct ServiceContext {
  var service: REST.Service
  var configNames: [String]
  var paging: PagingDraft?
  var requestEnvelope: String?
  var answerEnvelope: String?

  /// The lanes of a request: those of its method and those that it names.
  mutating func lanes(
    of method: REST.Method, named names: [Placed<String>], _ reader: inout Reader
  ) -> [Int] {
    var indexes = service.lanes.indices.filter { index in
      switch service.lanes[index].scope {
      case .all: true
      case .reads: method.isSafe
      case .writes: !method.isSafe
      case .named: false
      }
    }
    for name in names {
      let lane = service.lanes.firstIndex { $0.name.utf8.elementsEqual(name.value.utf8) }
      guard let lane else {
        reader.reportUnknown("lane of rest.lanes", name, among: service.lanes.map(\.name))
        continue
      }
      if service.lanes[lane].scope != .named {
        reader.report(
          "the lane \(quoted(name.value)) in \(reader.subject) already has all its requests; "
            + "only lanes whose scope is named are named", at: name.position)
      } else if !indexes.contains(lane) {
        indexes.append(lane)
      }
    }
    return indexes.sorted()
  }
}

extension Reader {
  /// Reports a name that nothing has.
  mutating func reportUnknown(_ what: String, _ name: Placed<String>, among known: [String]) {
    var message = "\(quoted(name.value)) in \(subject) is no \(what)"
    if let nearest = NearestKey.to(name.value, among: known) {
      message += "; did you mean \(quoted(nearest))?"
    } else if known.isEmpty {
      message += "; there is none"
    }
    report(message, at: name.position)
  }
}

extension ServiceDraft {
  /// The section, complete; `rest` is its node.
  func finished(_ node: Node, _ reader: inout Reader) -> ServiceContext {
    var service = service
    service.connections.allowsPrivateAddresses = privateAddresses || service.address.isStatic
    service.lanes = lanes.map { row in
      var lane = row.value.lane
      lane.name = row.name.value
      if lane.perMinute == nil, lane.inFlight == nil {
        reader.report(
          "the lane \(quoted(lane.name)) in \(reader.subject) needs 'per_minute' or 'in_flight'",
          at: row.position)
      }
      if lane.span == .call, lane.inFlight == nil {
        reader.report("'span: call' of a lane needs 'in_flight'", at: row.position)
      }
      return lane
    }
    var context = ServiceContext(
      service: service, configNames: configNames, paging: paging?.value,
      requestEnvelope: envelope?.request.flatMap { $0.isEmpty ? nil : $0 },
      answerEnvelope: envelope?.answer.flatMap { $0.isEmpty ? nil : $0 })
    if let paging { _ = reader.paging(paging.value, paging.position) }
    if let batch {
      reader.within("batch") { reader in
        context.service.batch = batch.value.finished(batch.position, &context, &reader)
      }
    }
    return context
  }
}

extension ServiceDraft.BatchDraft {
  fileprivate func finished(
    _ position: Position, _ context: inout ServiceContext, _ reader: inout Reader
  ) -> REST.BatchEndpoint? {
    guard let post, let actions else {
      reader.report("\(reader.subject) needs 'post' and 'actions'", at: position)
      return nil
    }
    guard let path = reader.pathTemplate(post), let list = reader.valuePath(actions) else {
      return nil
    }
    if let name = path.parameters.first {
      reader.report("\(reader.subject) has nothing for {\(name)} in its path", at: post.position)
    }
    var operation = REST.Operation(method: .post, path: path)
    operation.requestEnvelope = context.requestEnvelope
    operation.answerEnvelope = context.answerEnvelope
    operation.lanes = context.lanes(of: .post, named: [], &reader)
    var endpoint = REST.BatchEndpoint(operation: operation, actions: list)
    endpoint.most = most
    for (draft, place) in [
      (method, \REST.BatchEndpoint.method), (self.path, \.path), (body, \.body), (query, \.query),
      (status, \.status), (answer, \.answer),
    ] {
      if let draft, let value = reader.valuePath(draft) { endpoint[keyPath: place] = value }
    }
    endpoint.options = options.compactMap { row in
      reader.valuePath(Placed(value: row.value, position: row.position)).map {
        .init(parameter: row.name.value, path: $0)
      }
    }
    return endpoint
  }
}
