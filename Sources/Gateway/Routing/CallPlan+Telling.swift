import Manifest
import RawJSON
import Resilience

extension CallPlan {
  /// The member of `_meta` that says what happened: one entry for each attempt, the last one too.
  func meta(_ outcome: Outcome) -> [UInt8] {
    var output = Array(#""switchyard/attempts":["#.utf8)
    let last = Attempt(service: gateway.manifest(current)?.name ?? "", outcome: outcome)
    for (index, attempt) in (attempts + [last]).enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output += #"{"service":"#.utf8
      JSON.appendQuoted(attempt.service.utf8, to: &output)
      output += #","outcome":"\#(attempt.outcome.name)"}"#.utf8
    }
    output.append(UInt8(ascii: "]"))
    return output
  }
}
