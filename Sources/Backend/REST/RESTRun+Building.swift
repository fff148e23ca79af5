import HTTP
import Manifest
import RawJSON

extension RESTRun {
  func build(
    _ operation: REST.Operation, item: StepNode?, page: PageRequest
  ) throws(RESTFailure) -> HTTPRequest {
    HTTPRequest(method: "GET", target: "/")
  }
  func batch(_ batch: REST.Step.Batch, of step: REST.Step) async throws(RESTFailure) -> StepValue {
    .list([])
  }
}
